"""`spanlake queues`: list, show, create, add, items, labels, agreement, sync and more."""
