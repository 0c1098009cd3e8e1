"""`spanlake assessments`: list, log, override, delete."""
