"""What an app imports; it needs OpenTelemetry only. `spanlake.init` is in `setup`."""
