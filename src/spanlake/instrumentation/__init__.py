"""What an app imports; OpenTelemetry only. Empty until `spanlake.init` arrives."""
