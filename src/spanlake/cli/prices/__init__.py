"""`spanlake prices`: list, show, set, import, history, recost."""
