"""Stored traces as Python objects: which ones, and all that belongs to them."""
