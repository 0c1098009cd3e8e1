"""Alembic's environment and the migrations of the catalog; `migrate` runs them."""
