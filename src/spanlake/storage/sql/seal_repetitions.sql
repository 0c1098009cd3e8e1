-- What repeats another row in all but the time it was received: a client's retry that another
-- collector took.
DELETE FROM batch
WHERE rowid IN (
    SELECT row_id
    FROM (SELECT *, rowid AS row_id FROM batch)
    SEMI JOIN (SELECT $keys FROM batch GROUP BY ALL HAVING count(*) > 1) USING ($keys)
    QUALIFY 1 < row_number() OVER (PARTITION BY $columns ORDER BY received_at, row_id)
);
