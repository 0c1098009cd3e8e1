"""The page on trust, drawn from what the fault suite and the conformance suite have recorded."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tally import RESULTS, Family, recorded

from spanlake.testing.otlp_conformance import Transport, statements

CONFORMANCE = RESULTS.with_name("conformance.json")
"""What the conformance suite found of Spanlake and its peers, by name."""

_MARKS = {"pass": "yes", "fail": "**no**", "not applicable": "-"}

_HEAD = """# What has been tried

Drawn by `just trust` from what the tests recorded; a test fails when this page and the records
differ. Repeat all of it with `just slow-tools && just faults`.

## Faults survived

After each fault, and after the restart where there is one, all of this holds:

1. every acknowledged span is there once, as it was sent, byte for byte;
2. a span that was not acknowledged is there once or not at all, whole requests at a time;
3. what is sent again, because nobody answered, is not there twice;
4. spans keep their resource and scope;
5. the server is ready after at most 20 seconds of processor time, with nobody's help;
6. `spanlake verify` finds every file as it was published;
7. nothing is left outside the data directory, and no draft within it;
8. the server's counters agree with what its clients were told.

Senders write down what they send and what they are told; a lake is held against their notes, never
against itself.

"""

_POWER = """
A power cut is no `kill -9`: the kernel forgets what was not synced. The calls of a lake's life
(commits, sealing, merging, deletion) are recorded with strace, and from the record are built states
that a disk may be in when the power goes at any moment: every write and every name that was not
synced is there, missing, or torn at a sector.

Only what passed is recorded. Load for hours and days has not been tried, and memory that runs out
has been for a second at a time: a library of C or Rust that gets none may end the server, as the
kernel may, and then it has to be started again.

"""

_CONFORMANCE = """## Conformance to OTLP

`python -m spanlake.testing.otlp_conformance --grpc HOST:PORT --http URL` holds any receiver
against sixty statements: what the specification says a server must, should and may do, and what
users expect beyond it (`extra`). Each has one check over each transport on which it can be seen. A
transport that is not served fails the statement that asks for it, not all sixty.

"""

_CAVEATS = """
Peers ran as their first-run documentation says, on SQLite and with default limits. Spanlake ran
with limits of 8 MiB a request and 2 s a body, so that these can be tried, and with a way to break
its storage; what a peer gives no way to provoke is `-`. The peers' stored spans were
read through their own HTTP interfaces.
"""


class Line(NamedTuple):
    """What was tried of one family."""

    family: Family
    tried: int
    spans: int
    seeds: tuple[str, ...]
    note: str


def trust_page() -> str:
    """The whole page, in Markdown."""
    faults = list(_families(recorded()))
    found: Mapping[str, Any] = json.loads(CONFORMANCE.read_text("utf-8"))
    return "".join(
        [
            _HEAD,
            *_fault_table(faults),
            _POWER,
            _CONFORMANCE,
            *_summary(found),
            "\n",
            *_details(found),
            _CAVEATS,
        ]
    )


def _families(records: Mapping[str, Mapping[str, Any]]) -> Iterator[Line]:
    for family in Family:
        of = [each for each in records.values() if each["family"] == family]
        if of:
            yield Line(
                family,
                tried=sum(each["tried"] for each in of),
                spans=sum(each["spans"] for each in of),
                seeds=tuple(dict.fromkeys(str(seed) for each in of for seed in each["seeds"])),
                note="; ".join(each["note"] for each in of if each["note"]),
            )


def _fault_table(lines: Sequence[Line]) -> Iterator[str]:
    yield "| fault | tried | survived | acknowledged spans, all found once | seeds |\n"
    yield "| --- | --- | --- | --- | --- |\n"
    for line in lines:
        spans = f"{line.spans:,}" if line.spans else "-"
        note = f" ({line.note})" if line.note else ""
        yield (
            f"| {line.family}{note} | {line.tried:,} | {line.tried:,} | {spans} | "
            f"{_seeds(line.seeds)} |\n"
        )


def _seeds(seeds: Sequence[str]) -> str:
    return ", ".join(f"`{seed}`" for seed in seeds) or "every one, in turn"


def _summary(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"| | {' | '.join(_title(name, of) for name, of in found.items())} |\n"
    yield f"| --- |{' --- |' * len(found)}\n"
    for transport in Transport:
        yield f"| {transport} | {' | '.join(_counts(of, transport) for of in found.values())} |\n"


def _title(name: str, of: Mapping[str, Any]) -> str:
    return f"{name} {of['version']}"


def _counts(of: Mapping[str, Any], transport: str) -> str:
    rows = [row for row in of["rows"] if row["transport"] == transport]
    count = Counter(row["outcome"] for row in rows)
    if not count["pass"]:
        return "not served"
    return f"{count['pass']} hold, {count['fail']} do not, {count['not applicable']} not seen"


def _details(found: Mapping[str, Any]) -> Iterator[str]:
    """A line a statement; a cell has what was found over gRPC, HTTP/protobuf and HTTP/JSON."""
    yield "Over gRPC / HTTP with protobuf / HTTP with JSON:\n\n"
    yield f"| | level | statement | {' | '.join(found)} |\n"
    yield f"| --- | --- | --- |{' --- |' * len(found)}\n"
    for statement in statements():
        cells = [_cell(of, statement.number) for of in found.values()]
        about = f"{statement.number} | {statement.level} | {statement.says}"
        yield f"| {about} | {' | '.join(cells)} |\n"


def _cell(of: Mapping[str, Any], number: int) -> str:
    outcomes = {
        row["transport"]: row["outcome"] for row in of["rows"] if row["statement"] == number
    }
    marks = [_MARKS[outcomes[way]] if way in outcomes else "" for way in Transport]
    return " / ".join(mark for mark in marks if mark)
