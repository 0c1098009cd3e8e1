CREATE OR REPLACE TEMP TABLE distinct_rows AS FROM batch;
-- What repeats another row in all but the time it was received: a client's retry that another
-- collector took.
DELETE FROM distinct_rows
WHERE rowid IN (
    SELECT row_id
    FROM (SELECT *, rowid AS row_id FROM distinct_rows)
    SEMI JOIN (SELECT $keys FROM distinct_rows GROUP BY ALL HAVING count(*) > 1) USING ($keys)
    QUALIFY 1 < row_number() OVER (PARTITION BY $columns ORDER BY received_at, row_id)
);
