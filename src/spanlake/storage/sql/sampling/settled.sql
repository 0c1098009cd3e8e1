-- The traces that have spans which are not judged, and of which nothing has come lately; with what
-- was judged of their other spans.
CREATE OR REPLACE TEMP TABLE settled AS
SELECT trace_id, max(tail_weight) AS earlier, min(received_at) AS first_received
FROM lake.spans
GROUP BY trace_id
HAVING count(*) > count(tail_weight) AND max(received_at) <= $before::TIMESTAMPTZ
