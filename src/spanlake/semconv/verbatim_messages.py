"""Messages that are in the OpenTelemetry GenAI schema as they were sent, told at a glance.

Most are, so their text is kept as it is and only the others are rebuilt.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.patterns import matches

# What other dialects, or the schema before, have in otherwise such messages. In JSON text a quote
# inside of a string follows a backslash, so none of this matches what anybody says.
_TYPES = (
    "binary", "blob", "image", "image_url", "image-url", "input_image", "audio", "audio_url",
    "audio-url", "input_audio", "video", "video-url", "file", "input_file", "document",
    "document-url", "input_text", "output_text", "thinking", "tool_use", "tool-call", "toolCall",
    "function", "function_call", "custom_tool_call", "tool_result", "tool-result",
    "function_response", "function_call_output", "custom_tool_call_output",
)  # fmt: skip
_ROLES = ("unknown", "human", "ai", "model", "developer", "function")
# Members that begin a part of Gemini's, Bedrock's or Genkit's.
_BEGINNINGS = (
    "text", "functionCall", "functionResponse", "function_call", "function_response", "inlineData",
    "inline_data", "fileData", "file_data", "toolUse", "toolResult", "toolRequest", "toolResponse",
)  # fmt: skip
_LIST = r"^\s*\[\s*\{(?s:.*)\]\s*$"
_OTHER = "|".join(
    (
        rf'"type"\s*:\s*"(?:{"|".join(_TYPES)})"',
        rf'"role"\s*:\s*"(?:{"|".join(_ROLES)})"',
        rf'[\[,]\s*\{{\s*"(?:{"|".join(_BEGINNINGS)})"\s*:',
        r'"type"\s*:\s*"(?:text|reasoning)"\s*,\s*"text"',
        r'"arguments"\s*:\s*"\s*\\?[\[{"]',
        r'"(?:result|data|tool_calls)"\s*:',
        r'"uri"\s*:\s*"data:',
    )
)


def in_schema(texts: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which texts are lists of messages that need no change; null counts as one."""
    roles = pc.count_substring(texts, '"role"').fill_null(0).to_numpy(zero_copy_only=False)
    parts = pc.count_substring(texts, '"parts"').fill_null(0).to_numpy(zero_copy_only=False)
    complete = (roles > 0) & (roles <= parts)
    # Some part has to say something.
    complete &= pc.match_substring(texts, '"type"').fill_null(False).to_numpy(zero_copy_only=False)
    fine = complete & matches(texts, _LIST) & ~matches(texts, _OTHER)
    result: npt.NDArray[np.bool_] = fine | texts.is_null().to_numpy(zero_copy_only=False)
    return result
