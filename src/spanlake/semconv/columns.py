"""The canonical GenAI columns of a span, and their Arrow types."""

import pyarrow as pa

# Raise it when the same span would be mapped otherwise than before; `renormalize` goes by it.
SEMCONV_VERSION = "2"

CANONICAL = pa.schema(
    [
        ("is_error", pa.bool_()),
        ("error_type", pa.string()),
        ("error_message", pa.string()),
        ("service_name", pa.string()),
        ("span_type", pa.string()),
        ("operation", pa.string()),
        ("provider", pa.string()),
        ("request_model", pa.string()),
        ("response_model", pa.string()),
        ("model", pa.string()),
        ("request_params", pa.string()),
        ("response_id", pa.string()),
        ("finish_reasons", pa.list_(pa.string())),
        ("time_to_first_token_ms", pa.float64()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("total_tokens", pa.int64()),
        ("cache_read_tokens", pa.int64()),
        ("cache_write_tokens", pa.int64()),
        ("reasoning_tokens", pa.int64()),
        ("usage_is_rollup", pa.bool_()),
        ("cost_usd", pa.float64()),
        ("cost_source", pa.string()),
        ("price_version", pa.string()),
        ("system_instructions", pa.string()),
        ("input_messages", pa.string()),
        ("output_messages", pa.string()),
        ("tool_definitions", pa.string()),
        ("input", pa.string()),
        ("output", pa.string()),
        ("tool_name", pa.string()),
        ("tool_call_id", pa.string()),
        ("tool_arguments", pa.string()),
        ("tool_result", pa.string()),
        ("documents", pa.string()),
        ("agent_name", pa.string()),
        ("workflow_name", pa.string()),
        ("session_id", pa.string()),
        ("conversation_id", pa.string()),
        ("user_id", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("metadata", pa.map_(pa.string(), pa.string())),
        ("environment", pa.string()),
        ("release", pa.string()),
        ("experiment", pa.string()),
        ("app_version", pa.string()),
        ("prompt_name", pa.string()),
        ("prompt_version", pa.string()),
        ("evaluations", pa.string()),
        ("dialect", pa.string()),
        ("semconv_version", pa.string()),
        ("semconv_errors", pa.list_(pa.string())),
    ]
)

# What a log record says of the span it belongs to, where content travels as events.
CANONICAL_EVENT = pa.schema(
    [
        ("system_instructions", pa.string()),
        ("input_messages", pa.string()),
        ("output_messages", pa.string()),
        ("tool_definitions", pa.string()),
        ("user_id", pa.string()),
        ("session_id", pa.string()),
    ]
)

# Long texts, stored once: where such a column is an attribute verbatim, the stored attribute has
# no text, and for its type the digit that is the column's place in this list. Append only.
TEXT_COLUMNS = (
    "input_messages",
    "output_messages",
    "system_instructions",
    "tool_definitions",
    "input",
    "output",
    "tool_arguments",
    "tool_result",
    "documents",
)

MODEL_CALLS = ("LLM", "EMBEDDING", "RERANKER")
ROLLUPS = ("AGENT", "WORKFLOW", "CHAIN", "TASK", "PLAN")
