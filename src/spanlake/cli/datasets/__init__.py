"""`spanlake datasets`: create, add, from-traces, show, list, versions, diff, export, import."""
