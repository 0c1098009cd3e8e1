"""Any dialect of GenAI telemetry to one set of canonical columns."""
