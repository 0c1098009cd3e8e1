-- The sums of the chosen traces. What they are billed is reckoned once for both.
CREATE OR REPLACE TABLE live.billed AS FROM live.reckoned_billing();
CREATE OR REPLACE MACRO live.billing() AS TABLE FROM live.billed;
CREATE OR REPLACE TABLE live.some_traces AS FROM live.trace_rows();
CREATE OR REPLACE TABLE live.some_calls AS FROM live.call_rows()
