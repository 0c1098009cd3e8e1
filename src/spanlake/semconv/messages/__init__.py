"""Messages of any provider or framework in the OpenTelemetry GenAI schema."""
