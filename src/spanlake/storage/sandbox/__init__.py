"""SQL from strangers: admitted by its parse tree, and run in a process that can only read."""
