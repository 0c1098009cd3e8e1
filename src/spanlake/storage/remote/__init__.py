"""A lake behind a server, asked over HTTP."""
