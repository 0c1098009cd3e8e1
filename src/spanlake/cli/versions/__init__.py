"""`spanlake versions`: list, show, compare, create, alias."""
