"""Metrics of other frameworks as scorers; their models are asked through the port of the run."""
