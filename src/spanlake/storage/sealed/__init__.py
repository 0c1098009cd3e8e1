"""Sealed tables: what was committed long enough ago, as Delta Lake tables of large sorted files."""
