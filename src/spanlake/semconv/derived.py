"""Canonical columns that follow from others."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.transformed import NO_TEXT
from spanlake.semconv.transforms import per_distinct
from spanlake.semconv.usage import is_rollup

DEFAULT_EXPERIMENT = "default"
_TOOL, _RETRIEVER, _LLM = map(pa.scalar, ("TOOL", "RETRIEVER", "LLM"))
_FALSE = pa.scalar(False)
_VERB = re.compile(r"^(execute_tool|(MCP send )?tools/call|running tool:) +")
_METHOD = re.compile(r"\.(__call__|acall|call|tool)$")


def derived(
    columns: dict[str, pa.Array], names: pa.StringArray, experiments: pa.StringArray
) -> dict[str, pa.Array]:
    """Columns that follow from others."""
    speaks_model = pc.or_(
        columns["total_tokens"].is_valid(),
        pc.or_(
            columns["request_model"].is_valid(),
            pc.or_(columns["input_messages"].is_valid(), columns["output_messages"].is_valid()),
        ),
    )
    span_type = pc.coalesce(
        columns["span_type"],
        pc.if_else(columns["tool_name"].is_valid(), _TOOL, NO_TEXT),
        pc.if_else(columns["documents"].is_valid(), _RETRIEVER, NO_TEXT),
        pc.if_else(speaks_model, _LLM, NO_TEXT),
    )
    is_tool = pc.equal(span_type, _TOOL).fill_null(_FALSE)
    return {
        "span_type": span_type,
        # What a tool is given and gives is its arguments and its result.
        "input": pc.if_else(
            pc.and_(is_tool, columns["tool_arguments"].is_valid()), NO_TEXT, columns["input"]
        ),
        "output": pc.if_else(
            pc.and_(is_tool, columns["tool_result"].is_valid()), NO_TEXT, columns["output"]
        ),
        "tool_name": pc.coalesce(
            columns["tool_name"],
            _without_verb(pc.if_else(is_tool, names, NO_TEXT)),
        ),
        "model": pc.coalesce(columns["response_model"], columns["request_model"]),
        "usage_is_rollup": is_rollup(span_type, columns["total_tokens"]),
        "experiment": pc.coalesce(
            columns["experiment"], experiments, columns["service_name"], DEFAULT_EXPERIMENT
        ),
    }


def _without_verb(names: pa.StringArray) -> pa.StringArray:
    """The names of tools' spans without the operation that conventions put around them."""
    return per_distinct(names, pa.string(), lambda name: _METHOD.sub("", _VERB.sub("", name)))
