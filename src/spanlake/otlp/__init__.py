"""The OTLP codec: export requests to Arrow tables and back, in protobuf and in JSON."""
