"""`spanlake traces`: list, show, export and delete."""
