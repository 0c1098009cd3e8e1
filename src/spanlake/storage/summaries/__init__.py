"""Sums of traces and model calls, kept for those that have not changed since."""
