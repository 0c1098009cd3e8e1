"""The catalog: small rows that change, in SQLite or Postgres through SQLAlchemy."""
