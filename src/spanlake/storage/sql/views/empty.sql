-- A table of which nothing is stored yet.
CREATE OR REPLACE VIEW lake.$view AS
SELECT $columns WHERE false;
