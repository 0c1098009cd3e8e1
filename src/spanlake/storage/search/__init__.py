"""The filter language for traces: from what people type to a condition in SQL."""
