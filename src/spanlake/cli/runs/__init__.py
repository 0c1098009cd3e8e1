"""`spanlake runs`: list, show, compare, gate, delete."""
