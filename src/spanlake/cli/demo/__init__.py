"""`spanlake demo`: a small agent, traced by the real OpenTelemetry SDK over real OTLP."""
