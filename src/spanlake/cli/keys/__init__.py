"""`spanlake keys`: who may send and ask without a person."""
