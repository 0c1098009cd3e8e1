"""What the server answers beside OTLP: the HTTP API, and the pages."""
