"""The processor `redact`: tables of decoded items without what must not be stored."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.collector.redaction.columns import Columns, Counts
from spanlake.collector.redaction.content import Content
from spanlake.collector.redaction.matcher import Matcher
from spanlake.collector.redaction.named_values import NamedValues
from spanlake.collector.redaction.replacing import Replacing
from spanlake.collector.redaction.rules import (
    SENSITIVE_KEY,
    Action,
    Kind,
    Rule,
    built_in_rules,
    chosen_rules,
    sensitive_endings,
)
from spanlake.collector.redaction.secret_keys import SecretKeys
from spanlake.collector.redaction.values import Values
from spanlake.config import RedactProcessor
from spanlake.entities import Signal
from spanlake.errors import ConfigError
from spanlake.storage.schema import REDACTIONS

FOLDER = "redaction"
"""Where in a data directory the keys of redaction are."""

DRY_RUN = "dry_run:"
"""What stands before the names of rules that found something and left it as it was."""

_SECTION = "processors.redact"
_Observer = Callable[[Signal, Mapping[str, int]], None]


class Redactor:
    """Takes out of rows, before anything is written, what the configuration says.

    keys: of hashes and tokens. observer: told how often each rule found something.
    """

    def __init__(
        self, settings: RedactProcessor, keys: SecretKeys, observer: _Observer | None = None
    ) -> None:
        rules = [Rule.own(name, pattern) for name, pattern in settings.patterns.items()]
        rules += _built_in(settings.rules)
        names = {*(rule.name for rule in rules), SENSITIVE_KEY}
        _check_names(f"{_SECTION}.actions", settings.actions, {*names, *built_in_rules()})
        endings = _endings(settings)
        self._matcher = Matcher(
            rules, NamedValues(endings) if endings else None, allowed=settings.allow
        )
        replacing = Replacing(
            self._matcher,
            keys,
            default=Action(settings.action),
            actions={name: Action(action) for name, action in settings.actions.items()},
        )
        content = Content() if settings.content == "shape" else None
        self._values = Values(replacing, endings=endings, content=content)
        self._subject = settings.subject if replacing.makes_tokens else ()
        self._is_dry = settings.dry_run
        self._observer = observer or (lambda *_: None)

    @classmethod
    def in_lake(
        cls, settings: RedactProcessor, root: Path, observer: _Observer | None = None
    ) -> "Redactor":
        """Make one whose keys are those of the data directory `root`."""
        return cls(settings, SecretKeys(root / FOLDER), observer)

    def rows(self, signal: Signal, table: pa.Table) -> pa.Table:
        """Decoded items without what is found in them, and a column that counts it: `redactions`.

        In a dry run they stay as they are, and are counted all the same.
        """
        fields = {name: _one(table[name]) for name in table.column_names}
        if not len(table):
            return table.append_column("redactions", pa.nulls(0, REDACTIONS))
        columns = Columns(self._matcher, self._values, self._subjects(fields))
        redacted, counts = columns.redact(fields)
        total: Counter[str] = Counter()
        for of_row in counts.values():
            total.update(of_row)
        self._observer(signal, self._named(total))
        kept = fields if self._is_dry else redacted
        return pa.table({**kept, "redactions": self._column(counts, len(table))})

    def text(self, text: str) -> str:
        """A text that is written somewhere else, such as the name a header gives."""
        found = None if self._is_dry else self._values.text(text, None)
        return text if found is None else found.text.decode()

    def _column(self, counts: Counts, count: int) -> pa.Array:
        if not counts:
            return pa.nulls(count, REDACTIONS)
        rows: list[list[tuple[str, int]] | None] = [None] * count
        for row, of_row in counts.items():
            rows[row] = sorted(self._named(of_row).items())
        return pa.array(rows, REDACTIONS)

    def _named(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        return {DRY_RUN + name: n for name, n in counts.items()} if self._is_dry else counts

    def _subjects(self, fields: Mapping[str, pa.Array]) -> list[str | None]:
        """For each row the person it is about, as far as it says so itself."""
        if not self._subject:
            return []
        told = [
            pc.map_lookup(fields[place], pa.scalar(key), "first")
            for place in ("attributes", "resource")
            for key in self._subject
        ]
        subjects: list[str | None] = pc.coalesce(*told).to_pylist()
        return [subject or None for subject in subjects]


def _built_in(names: Collection[str]) -> list[Rule]:
    _check_names(f"{_SECTION}.rules", names, {*built_in_rules(), *Kind, SENSITIVE_KEY})
    return chosen_rules([name for name in names if name != SENSITIVE_KEY])


def _endings(settings: RedactProcessor) -> str | None:
    """A pattern of the endings of sensitive names; None when they are not asked for."""
    endings = list(settings.keys)
    if {SENSITIVE_KEY, Kind.SECRET} & set(settings.rules):
        endings.append(sensitive_endings())
    return "|".join(f"(?:{ending})" for ending in endings) or None


def _check_names(path: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else "`spanlake redact rules` lists them"
            raise ConfigError(f"{path} has {name!r}: must be a rule of redaction; {advice}")


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece whose offsets begin at zero."""
    if column.num_chunks == 1 and column.chunk(0).offset == 0:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


__all__ = ["DRY_RUN", "FOLDER", "Redactor"]
