"""Label schemas, review queues and what reviewers answered, in the catalog."""
