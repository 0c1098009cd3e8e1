"""A server that stands in for model providers: real HTTP, their protocols, answers of a script."""
