COPY ($rows) TO '$path' (
    FORMAT parquet,
    COMPRESSION zstd,
    COMPRESSION_LEVEL 3,
    ROW_GROUP_SIZE $row_group_rows,
    -- DuckDB makes a Bloom filter of every column with a dictionary: the ids of traces have one,
    -- texts that hardly repeat are neither worth a dictionary's time nor its bytes.
    DICTIONARY_SIZE_LIMIT $dictionary_values,
    KV_METADATA {$metadata}
);
