"""The place of a trace among the traces of its session."""

from pathlib import Path

from page_lake import SpanFile, trace_id

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_outline import read_session_turn, read_trace_outline


def test_each_turn_has_a_place_of_its_own(tmp_path: Path) -> None:
    """Turns follow each other by time, and by id where some start at once."""
    spans = SpanFile()
    for trace, start_ms in ((4, 0), (2, 10), (3, 10), (7, 10), (1, 20), (9, 30)):
        session = {} if trace == 9 else {"session.id": "s"}
        spans.add(trace, 1, "turn", start_ms=start_ms, attributes=session)
    spans.store(tmp_path)
    order = [4, 2, 3, 7, 1]
    with Lake(tmp_path) as lake:
        turns = [
            read_session_turn(lake, read_trace_outline(lake, trace_id(each)).head) for each in order
        ]
        alone = read_session_turn(lake, read_trace_outline(lake, trace_id(9)).head)
    ids = [None, *map(trace_id, order), None]
    assert alone is None
    assert [(turn.number, turn.total, turn.previous, turn.following) for turn in turns if turn] == [
        (at, 5, ids[at - 1], ids[at + 1]) for at in range(1, 6)
    ]
