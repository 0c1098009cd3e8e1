"""Datasets: the list, the records of a version, what versions changed, and changes of records."""
