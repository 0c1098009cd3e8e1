import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from samples import sample
from stored import stored, stored_marks

from spanlake.collector.commit import CommitSettings, GroupCommit
from spanlake.collector.submission import Submission, Table, Tabulate
from spanlake.collector.tabulate import tabulate_logs
from spanlake.collector.window import DedupWindow
from spanlake.entities import Receipt, Signal
from spanlake.errors import MalformedError, OverloadedError, UnreadableError
from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.layout import Layout

MIB = 1 << 20


class Valve(HotWriter):
    """A writer whose commits wait while it is shut, and fail while it has a failure."""

    def __init__(self, data: Path) -> None:
        super().__init__(Layout(data))
        self.is_reached = threading.Event()
        self.is_open = threading.Event()
        self.is_open.set()
        self.failure: Exception | None = None

    def commit(self, table: str, content: pa.Buffer) -> Path:
        self.is_reached.set()
        assert self.is_open.wait(10)
        if self.failure is not None:
            raise self.failure
        return super().commit(table, content)


class Lake:
    """A lake with one committer of logs, and what its observer was told."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.writer = Valve(data)
        self.writer.open_table("logs")
        self.failures: list[str] = []
        self.items = 0

    def committed(self, signal: Signal, *, items: int, size: int, seconds: float) -> None:
        assert signal is Signal.LOGS
        assert size > 0
        assert seconds >= 0
        self.items += items

    def sampled_out(self, signal: Signal, items: int) -> None:
        raise AssertionError(f"{items} of {signal} sampled out")

    def failed(self, signal: Signal, reason: str) -> None:
        assert signal is Signal.LOGS
        self.failures.append(reason)

    def run(
        self,
        scenario: Callable[[GroupCommit], Awaitable[object]],
        *,
        tabulate: Tabulate = tabulate_logs,
        max_bytes: int = MIB,
        saw: Callable[[Collection[str], object], None] | None = None,
    ) -> None:
        """Play a scenario with the committer in an event loop, and wait until nothing waits."""

        async def play() -> None:
            commit = GroupCommit(
                Signal.LOGS,
                "logs",
                tabulate=tabulate,
                writer=self.writer,
                window=DedupWindow(60),
                settings=CommitSettings(max_bytes, compression_level=1, retry_after=2.5),
                observer=self,
                clock=lambda: 0.0,
                saw=saw,
            )
            try:
                await scenario(commit)
            finally:
                self.writer.is_open.set()
                await commit.drain()

        asyncio.run(play())

    @property
    def files(self) -> int:
        return len(Layout(self.data).hot_files("logs"))

    async def reached(self) -> None:
        """Wait until a commit has come to the writer."""
        assert await asyncio.to_thread(self.writer.is_reached.wait, 10)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake(tmp_path / "data")
    yield lake
    lake.writer.close()


def submission(payload: bytes) -> Submission:
    return Submission.of(payload, experiment=None, received_ns=0)


def submissions(count: int) -> list[Submission]:
    return [submission(sample(Signal.LOGS, 2).payload) for _ in range(count)]


def test_an_answer_waits_for_the_disk(lake: Lake) -> None:
    """OTLP 53: a request is answered only when its file is durable, and is then visible."""
    sent = sample(Signal.LOGS, 3, bad=1)

    async def scenario(commit: GroupCommit) -> None:
        lake.writer.is_open.clear()
        storing = asyncio.create_task(commit.store(submission(sent.payload)))
        await lake.reached()
        await asyncio.sleep(0.05)
        assert not storing.done()
        assert lake.files == 0
        lake.writer.is_open.set()
        receipt = await storing
        assert (receipt.accepted, receipt.rejected) == (3, 1)
        assert len(stored(lake.data, Signal.LOGS, sent.mark)) == 3

    lake.run(scenario)
    assert lake.items == 3


def test_what_comes_meanwhile_shares_a_file(lake: Lake) -> None:
    """While a group is written and the next decoded, all that comes goes into the one after."""

    async def scenario(commit: GroupCommit) -> None:
        lake.writer.is_open.clear()
        storing = [asyncio.create_task(commit.store(each)) for each in submissions(20)]
        await lake.reached()
        lake.writer.is_open.set()
        assert set(await asyncio.gather(*storing)) == {Receipt(2)}

    lake.run(scenario)
    assert lake.files == 3
    assert lake.items == 40


def test_a_file_takes_no_more_requests_than_its_limit(lake: Lake) -> None:
    """A group ends before the request that would bring it over the limit; one alone may be."""
    requests = submissions(10)
    size = len(requests[0].payload)

    async def scenario(commit: GroupCommit) -> None:
        await asyncio.gather(*map(commit.store, requests))

    lake.run(scenario, max_bytes=3 * size)
    assert lake.files == 2 + 3  # two alone while the others gathered, and these by threes
    lake.run(lambda commit: commit.store(submission(sample(Signal.LOGS).payload)), max_bytes=1)
    assert lake.files == 6


def test_twins_are_stored_once(lake: Lake) -> None:
    """The same request, while it is being stored and when it has been, is stored no second time."""
    sent = sample(Signal.LOGS, 3, bad=1)

    async def scenario(commit: GroupCommit) -> None:
        first, *others = await asyncio.gather(
            *(commit.store(submission(sent.payload)) for _ in range(5))
        )
        others.append(await commit.store(submission(sent.payload)))
        assert not first.duplicate
        assert all(each.duplicate for each in others)
        assert {(each.accepted, each.rejected, each.reason) for each in others} == {
            (3, 1, first.reason)
        }

    lake.run(scenario)
    assert stored_marks(lake.data, Signal.LOGS) == {sent.mark: 3}


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (CommitError("logs: No space left on device"), "logs: No space left on device"),
        (OSError("broken"), "broken"),
        (MemoryError("too large"), "too large"),
        (ZeroDivisionError("secret"), "internal error"),
    ],
)
def test_a_failed_commit_is_told_to_all_in_it(lake: Lake, failure: Exception, told: str) -> None:
    """OTLP 33: when a commit fails all its requests, twins too, may come again, and then do."""
    requests = submissions(5)
    lake.writer.failure = failure

    async def scenario(commit: GroupCommit) -> None:
        refused = await asyncio.gather(
            *map(commit.store, [*requests, *requests]), return_exceptions=True
        )
        for each in refused:
            assert isinstance(each, OverloadedError)
            assert str(each) == f"could not be stored: {told}"
            assert each.retry_after == 2.5
        assert lake.files == 0
        lake.writer.failure = None
        again = await asyncio.gather(*map(commit.store, requests))
        assert again == [Receipt(2)] * 5

    lake.run(scenario)
    assert set(lake.failures) == {f"{type(failure).__name__}: {failure}"}
    assert lake.items == 10


def test_a_malformed_request_is_refused_alone(lake: Lake) -> None:
    """OTLP 26: of a group only the request that cannot be decoded is refused."""
    good = submissions(4)
    bad = submission(b"\xff")

    async def scenario(commit: GroupCommit) -> None:
        answers = await asyncio.gather(
            *map(commit.store, [*good[:2], bad, *good[2:]]), return_exceptions=True
        )
        assert isinstance(answers.pop(2), MalformedError)
        assert answers == [Receipt(2)] * 4

    lake.run(scenario)
    assert lake.items == 8
    assert lake.failures == []


def test_a_fault_of_ours_harms_only_the_request_that_uncovers_it(lake: Lake) -> None:
    """When the decoder stumbles over a request, only this one is refused, and it is reported."""
    requests = submissions(6)
    unlucky = requests[3]

    def stumbling(group: list[Submission]) -> Table:
        if unlucky in group:
            raise ZeroDivisionError("unforeseen")
        return tabulate_logs(group)

    async def scenario(commit: GroupCommit) -> None:
        answers = await asyncio.gather(*map(commit.store, requests), return_exceptions=True)
        refused = answers.pop(3)
        assert isinstance(refused, UnreadableError)
        assert "unforeseen" not in str(refused)
        assert answers == [Receipt(2)] * 5

    lake.run(scenario, tabulate=stumbling)
    assert lake.failures == ["ZeroDivisionError: unforeseen"]
    assert lake.items == 10


def test_nothing_to_store_writes_no_file(lake: Lake) -> None:
    """OTLP 19, 24: requests that are empty or of bad items only are answered, without a file."""

    async def scenario(commit: GroupCommit) -> None:
        assert await commit.store(submission(b"")) == Receipt(0)
        rejected = await commit.store(submission(sample(Signal.LOGS, 0, bad=2).payload))
        assert (rejected.accepted, rejected.rejected) == (0, 2)

    lake.run(scenario)
    assert lake.files == 0


def test_a_client_that_goes_away_takes_no_one_with_it(lake: Lake) -> None:
    """OTLP 54: a request whose client stops waiting is stored, and so are those beside it."""
    requests = submissions(3)

    async def scenario(commit: GroupCommit) -> None:
        lake.writer.is_open.clear()
        storing = [asyncio.create_task(commit.store(each)) for each in requests]
        await lake.reached()
        storing[1].cancel()
        lake.writer.is_open.set()
        answers = await asyncio.gather(*storing, return_exceptions=True)
        assert isinstance(answers[1], asyncio.CancelledError)
        assert answers[0] == answers[2] == Receipt(2)

    lake.run(scenario)
    assert lake.items == 6


def test_nobody_hears_of_a_failure_when_all_have_gone(lake: Lake) -> None:
    """OTLP 54: a commit that fails when its clients have gone leaves no complaint behind."""
    lake.writer.failure = OSError("broken")

    async def scenario(commit: GroupCommit) -> None:
        lake.writer.is_open.clear()
        storing = asyncio.create_task(commit.store(submissions(1)[0]))
        await lake.reached()
        storing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await storing

    lake.run(scenario)
    assert lake.failures == ["OSError: broken"]


def test_drain_waits_for_all_that_was_taken_in(lake: Lake) -> None:
    """OTLP 34: to drain is to store and answer all that waits, however many groups it takes."""
    storing: list[asyncio.Task[Receipt]] = []

    async def scenario(commit: GroupCommit) -> None:
        storing.extend(asyncio.create_task(commit.store(each)) for each in submissions(30))
        await asyncio.sleep(0)

    lake.run(scenario, max_bytes=1)
    assert [each.result() for each in storing] == [Receipt(2)] * 30
    assert lake.files == 30


def test_experiments_are_told_once_they_are_stored(lake: Lake) -> None:
    """The names of the experiments of a commit are told when it is durable, and not before."""
    told: list[frozenset[str]] = []

    async def scenario(commit: GroupCommit) -> None:
        named, plain = sample(Signal.LOGS).payload, sample(Signal.LOGS).payload
        lake.writer.failure = CommitError("disk full")
        with pytest.raises(OverloadedError):
            await commit.store(Submission.of(named, experiment="a", received_ns=0))
        assert told == []
        lake.writer.failure = None
        await commit.store(Submission.of(named, experiment="a", received_ns=0))
        await commit.store(Submission.of(plain, experiment=None, received_ns=0))

    lake.run(scenario, saw=lambda names, _: told.append(frozenset(names)))
    assert told == [{"a"}, {"tests"}]


def test_invented_experiments_are_not_all_told(lake: Lake) -> None:
    """Of a commit with a name for every item, some thousand names at most are told."""
    told: list[int] = []

    def tabulate(given: list[Submission]) -> Table:
        rows, receipts, _ = tabulate_logs(given)
        at = rows.column_names.index("experiment")
        names = pa.array([f"e{number}" for number in range(len(rows))])
        return Table(rows.set_column(at, rows.field(at), names), receipts)

    async def scenario(commit: GroupCommit) -> None:
        await commit.store(submission(sample(Signal.LOGS, 3000).payload))

    lake.run(scenario, tabulate=tabulate, saw=lambda names, _: told.append(len(names)))
    assert told == [1000]


def test_no_thread_has_to_be_started_for_a_commit(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of threads, requests are stored: what is refused for want of one may be stored later."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def scenario(commit: GroupCommit) -> None:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        receipts = await asyncio.gather(*map(commit.store, submissions(5)))
        assert [each.accepted for each in receipts] == [2] * 5

    lake.run(scenario, max_bytes=1)
    assert lake.failures == []
    assert lake.files == 5
