"""`spanlake schemas`: list, show, create, delete."""
