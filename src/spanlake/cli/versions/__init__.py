"""`spanlake versions`: list, show, compare, create, measure, alias, delete."""
