"""Evaluations: runs, one run's rows, and runs side by side."""
