"""App versions that are made from outside, and compared."""
