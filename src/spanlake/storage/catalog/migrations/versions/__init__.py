"""The migrations of the catalog, in the order of their numbers. They are never changed."""
