"""`spanlake doctor`: whether this machine and its data directory are fit for Spanlake."""
