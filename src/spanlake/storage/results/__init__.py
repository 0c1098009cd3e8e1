"""Answers to queries as files and JSON."""
