"""What a row of a run says: its own words, or those of the stored trace that was scored."""

from spanlake.storage.pages.run_rows import RunRow
from spanlake.web.pages.said import words_of


def asked(row: RunRow | None) -> str:
    """The input in words; "" where nobody knows it."""
    if row is None:
        return ""
    if row.inputs is not None:
        return words_of(row.inputs)
    return (row.usage.input if row.usage else None) or ""


def answered(row: RunRow | None) -> str:
    """The output in words; "" where there is none."""
    if row is None:
        return ""
    if row.outputs is not None:
        return words_of(row.outputs)
    return (row.usage.output if row.usage else None) or ""
