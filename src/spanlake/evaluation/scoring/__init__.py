"""Batch scoring: what lacks a verdict, and the engines that see to it."""
