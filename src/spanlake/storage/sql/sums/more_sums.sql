-- The sums of the chosen traces, in the place of those they had.
CREATE OR REPLACE TABLE live.billed AS FROM live.reckoned_billing();
DELETE FROM live.some_traces WHERE trace_id IN (FROM live.chosen);
INSERT INTO live.some_traces FROM live.trace_rows();
DELETE FROM live.some_calls WHERE trace_id IN (FROM live.chosen);
INSERT INTO live.some_calls FROM live.call_rows();
INSERT INTO live.summed FROM live.chosen ANTI JOIN live.summed USING (trace_id)
