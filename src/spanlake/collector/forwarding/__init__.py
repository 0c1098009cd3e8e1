"""Forwarding: what has been stored is sent on to other backends."""
