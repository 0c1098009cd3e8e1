"""`spanlake redact`: rules, check, reveal, erase."""
