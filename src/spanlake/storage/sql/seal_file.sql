COPY ($rows) TO '$path' (
    FORMAT parquet,
    COMPRESSION zstd,
    COMPRESSION_LEVEL 3,
    ROW_GROUP_SIZE $row_group_rows,
    -- DuckDB makes a Bloom filter of every column with a dictionary: ids have one then.
    DICTIONARY_SIZE_LIMIT $row_group_rows,
    KV_METADATA {$metadata}
);
