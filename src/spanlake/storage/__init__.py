"""The lake: append-only tables of Parquet files in a directory, and SQL over all of them."""
