"""Tail sampling: of stored traces, those that are worth it stay, and a part of the others."""
