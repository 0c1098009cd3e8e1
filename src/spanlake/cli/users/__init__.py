"""`spanlake users`: who may sign in."""
