"""The command line, and the only place where things are put together, printed or exited."""
