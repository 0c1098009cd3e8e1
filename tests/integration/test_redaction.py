"""A server that redacts: secrets that are sent to it are nowhere afterwards."""

import base64
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pyarrow.parquet as pq
import pytest
import re2
from captures import every_capture
from google.protobuf.message import Message
from planted import Planted, places, planted
from server import RunningServer
from wire import Client, Transport

import spanlake
from spanlake.collector.redaction.processor import Redactor
from spanlake.collector.redaction.secret_keys import SecretKeys
from spanlake.collector.submission import Submission, Tabulate
from spanlake.collector.tabulate import tabulate_logs, tabulate_spans
from spanlake.config import RedactProcessor
from spanlake.entities import Signal

_CONFIG = """
processors:
  memory_limiter:
  redact:
  genai:
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, redact, genai], exporters: [lake]}
    logs: {receivers: [otlp], processors: [memory_limiter, redact], exporters: [lake]}
    metrics: {receivers: [otlp], processors: [redact], exporters: [lake]}
"""
# Of each encoding; every form of secret comes twice, and in the slow lane eight times.
_SECRETS = pytest.param(54), pytest.param(216, marks=pytest.mark.slow)
_ENCODINGS = ((Transport.GRPC, False), (Transport.JSON, False), (Transport.PROTOBUF, True))
_VIEWS = ("spans", "logs", "metrics", "traces", "llm_calls", "sessions", "redactions")
_PAGES = ("/traces", "/sessions", "/metrics")


_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.max_mem = 256 << 20


class _Sent(NamedTuple):
    """A server that was sent secrets in every encoding, has stopped, and what it said and left."""

    data: Path
    secrets: list[Planted]
    said: dict[str, bytes]


@pytest.fixture(scope="module", params=_SECRETS)
def sent(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> _Sent:
    """The outcome of all of it."""
    data = tmp_path_factory.mktemp("redaction") / "lake"
    secrets: list[Planted] = []
    said: dict[str, bytes] = {}
    with RunningServer(data, config=_CONFIG) as server, Client(server) as client:
        for seed, (transport, gzipped) in enumerate(_ENCODINGS):
            of_encoding = planted(request.param, seed)
            secrets += of_encoding
            for signal, export in _requests(of_encoding):
                headers = {"x-spanlake-experiment": of_encoding[4].text}
                answer = client.send(transport, signal, export, gzipped=gzipped, headers=headers)
                assert answer.code is grpc.StatusCode.OK
        said = {page: server.get(page)[1] for page in _PAGES}
        with spanlake.connect(data) as lake:
            for (trace_id,) in lake.sql("SELECT trace_id FROM traces LIMIT 12").fetchall():
                said[trace_id] = server.get(f"/traces/{trace_id}")[1]
        # An item that is refused is named in the answer, and the answer is stored.
        bad = next(made for place, _, made in places(secrets[0].text) if place == "span name")
        bad.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"  # type: ignore[attr-defined]  # of traces
        said["refusal"] = client.send(Transport.GRPC, Signal.TRACES, bad).message.encode()
    said["log"] = server.log().encode()
    return _Sent(data, secrets, said)


def _requests(secrets: list[Planted]) -> Iterator[tuple[Signal, Message]]:
    """One request a signal with every secret in every place."""
    together: dict[Signal, Message] = {}
    for each in secrets:
        for _, signal, request in places(each.text):
            if signal in together:
                together[signal].MergeFrom(request)
            else:
                together[signal] = request
    yield from together.items()


def test_that_no_secret_is_on_the_disk(sent: _Sent) -> None:
    """Neither the values in Parquet files nor the bytes of any file hold a planted secret."""
    for file in sorted(path for path in sent.data.rglob("*") if path.is_file()):
        content = [file.read_bytes()]
        if file.suffix == ".parquet":
            content += _contents(pq.read_table(file).to_pylist())
        _assert_clean(sent.secrets, content, str(file))


def test_that_no_secret_is_in_sql(sent: _Sent) -> None:
    """No view shows a planted secret, in what was sent or in what is derived from it."""
    with spanlake.connect(sent.data) as lake:
        for view in _VIEWS:
            rows = lake.sql(f"FROM {view}").arrow().read_all().to_pylist()  # of ours
            _assert_clean(sent.secrets, _contents(rows), view)


def test_that_no_secret_is_said(sent: _Sent) -> None:
    """Pages, metrics, refusals and the log hold no planted secret."""
    for where, content in sent.said.items():
        _assert_clean(sent.secrets, [content], where)


def test_that_everything_is_counted(sent: _Sent) -> None:
    """Each place of each secret is a finding in SQL, and no row is lost."""
    with spanlake.connect(sent.data) as lake:
        ((rows,),) = lake.sql(
            "SELECT (SELECT count(*) FROM spans) + (SELECT count(*) FROM logs)"
            " + (SELECT count(*) FROM metrics)"
        ).fetchall()
        rules = dict(lake.sql("SELECT rule, sum(count) FROM redactions GROUP BY rule").fetchall())
    assert rows == len(sent.secrets) * len(list(places("x")))
    assert {each.rule for each in sent.secrets} == set(rules) - {"sensitive_key"}
    assert min(rules.values()) >= len(list(places("x")))


def test_that_the_corpus_stays_as_it_is() -> None:
    """Of what real instrumentors sent nothing is taken out but the one address in it."""
    redactor = Redactor(RedactProcessor(), SecretKeys(Path("unused")))
    tabulate: dict[Signal, Tabulate] = {
        Signal.TRACES: partial(tabulate_spans, redactor=redactor),
        Signal.LOGS: partial(tabulate_logs, redactor=redactor),
    }
    sent: dict[Signal, list[Submission]] = {signal: [] for signal in tabulate}
    for capture in every_capture():
        for signal, payload in capture.requests:
            sent[signal].append(Submission.of(payload, experiment=None, received_ns=0))
    tables = [tabulate[signal](sent[signal]).rows for signal in sent]
    counted = [row for rows in tables for row in rows["redactions"].to_pylist() if row]
    found = [each for row in counted for each in row]
    assert {rule for rule, _ in found} == {"email"}
    assert sum(count for _, count in found) == 4


def _contents(rows: list[dict[str, Any]]) -> list[bytes]:
    """All values of rows as text, and what is in base64 as the bytes it is."""
    text = json.dumps(rows, default=str, ensure_ascii=False)
    decoded = [
        base64.b64decode(value)
        for row in rows
        for value in dict(row.get("attributes") or {}).values()
        if isinstance(value, str) and value.startswith("PA") and not len(value) % 4
    ]
    # JSON inside JSON hides line ends behind backslashes.
    return [text.encode(), text.replace("\\", "").encode(), *decoded]


def _assert_clean(secrets: list[Planted], contents: list[bytes], where: str) -> None:
    anything = re2.compile("|".join(re.escape(each.secret) for each in secrets).encode(), _OPTIONS)
    found = anything.search(b"\n".join(contents))
    assert found is None, (found.group(), where)
