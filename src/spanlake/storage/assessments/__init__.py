"""What people and judges say of traces: stored once, overridden, deleted, listed."""
