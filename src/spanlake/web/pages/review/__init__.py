"""The review app: queues, focus mode, agreement, and the questions that are asked."""
