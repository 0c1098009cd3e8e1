"""The pages: explore, compare, review and label. Empty until the pages arrive."""
