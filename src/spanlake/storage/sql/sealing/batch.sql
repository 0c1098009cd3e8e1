-- The rows of some files, each with the day of the sealed file that it belongs to: the day it
-- started in UTC, or that of its arrival where a wrong clock says less than 30 days before that or
-- more than a day after.
CREATE OR REPLACE TEMP VIEW batch AS
SELECT
    * EXCLUDE (started, arrived),
    if(
        started BETWEEN arrived - INTERVAL 30 DAY AND arrived + INTERVAL 1 DAY, started, arrived
    )::DATE AS sealed_day
FROM (
    SELECT $columns, $started AS started, $arrived AS arrived
    FROM read_parquet(getvariable('spanlake_batch_files'), schema = $schema, utf8_validation = 'replace')
);
