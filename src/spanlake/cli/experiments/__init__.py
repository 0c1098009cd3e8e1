"""`spanlake experiments`: list, show, create, describe, tag, archive."""
