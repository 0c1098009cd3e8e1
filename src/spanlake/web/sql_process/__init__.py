"""SQL from a browser, each query in a process of its own that can be killed."""
