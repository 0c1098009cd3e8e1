"""Datasets, scorers, judges, runs and the ledger of verdicts. Empty until evaluation arrives."""
