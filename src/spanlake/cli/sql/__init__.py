"""`spanlake sql`: a query, or a prompt for many."""
