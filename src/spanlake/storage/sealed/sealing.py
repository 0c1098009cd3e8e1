"""How the rows of a table are laid out when they are sealed. All of it follows from the columns."""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

PARTITION = "date"
# A row belongs to the day of the first of these that it has.
_TIMES = ("time", "start_time", "created_at", "observed_time", "received_at")
_SORTED = ("trace_id", "name", "start_time_ns", "time_ns", "created_at")
_IDENTITY = ("trace_id", "span_id", "time_ns", "assessment_id")


@dataclass(frozen=True)
class Sealing:
    """The layout of one table's sealed files. schema: of its hot files."""

    schema: pa.Schema

    @property
    def times(self) -> list[str]:
        """Columns that say when a row belongs, the first that is not null first."""
        return [name for name in _TIMES if name in self.schema.names]

    @property
    def sorted_by(self) -> list[str]:
        """What the rows of a file are sorted by."""
        names = [name for name in _SORTED if name in self.schema.names]
        return [name for name in names if name != "name" or "trace_id" not in names]

    @property
    def identified_by(self) -> list[str]:
        """Rows that are equal in these may be one row that came twice; none where they never are.

        Two equal data points of a metric may both be meant.
        """
        if "span_id" not in self.schema.names:
            return []
        return [name for name in _IDENTITY if name in self.schema.names]

    @property
    def bounded(self) -> list[str]:
        """Columns whose minima and maxima the log keeps."""
        return [name for name in ("trace_id", *self.times) if name in self.schema.names]

    @cached_property
    def stored(self) -> pa.Schema:
        """The columns of a sealed file."""
        return pa.schema([pa.field(each.name, _signed(each.type)) for each in self.schema])

    @cached_property
    def delta(self) -> pa.Schema:
        """The columns of the Delta table: those of the files, and the day of their folder."""
        return self.stored.append(pa.field(PARTITION, pa.date32()))


def _signed(kind: pa.DataType) -> pa.DataType:
    """A type as Delta Lake has it, which knows no unsigned numbers."""
    if pa.types.is_uint64(kind):
        return pa.decimal128(20, 0)
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_map(kind):
        return pa.map_(_signed(kind.key_type), _signed(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_signed(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(child.name, _signed(child.type)) for child in kind])
    return kind
