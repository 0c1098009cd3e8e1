"""The process that runs a stranger's query: what it answers, and what the system keeps it from."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq
import pytest
from rows import span, write

import spanlake
from spanlake.evaluation.score import score
from spanlake.scorers import Latency
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import create_experiment
from spanlake.storage.catalog.location import default_location
from spanlake.storage.query import QueryError
from spanlake.web.lake_pool import LakePool
from spanlake.web.sql_process.processes import SqlLimits, SqlPage, SqlProcesses

_T = TypeVar("_T")
_LIMITS = SqlLimits(memory=256 << 20, seconds=30, page_rows=20)

# Run in the process that a query runs in, after its doors are closed; each has to fail.
_ESCAPES = {
    "write a file": "open(root + '/spans/evil.parquet', 'wb').write(b'x')",
    "write elsewhere": "open('/tmp/spanlake-evil', 'w').write('x')",
    "overwrite data": "open(data, 'r+b').write(b'x')",
    "cut data short": "__import__('os').truncate(data, 0)",
    "delete data": "__import__('os').remove(data)",
    "read the catalog": "open(root + '/catalog.sqlite', 'rb').read()",
    "read the passwords": "open('/etc/passwd').read()",
    "list the home": "__import__('os').listdir(__import__('os').path.expanduser('~'))",
    "run a program": "__import__('subprocess').run(['/bin/true'], check=True)",
    "take memory": "bytes(4 << 30)",
    "DuckDB reads": "sandbox._lake.sql(\"FROM read_text('/etc/passwd')\").fetchall()",
    "DuckDB writes": 'sandbox._lake.sql("COPY (SELECT 1) TO \'" + root + "/spans/x.csv\'")',
    "DuckDB overwrites": 'sandbox._lake.sql("COPY (SELECT 1) TO \'" + data'
    ' + "\' (FORMAT parquet, USE_TMP_FILE false)")',
    "DuckDB attaches": 'sandbox._lake.sql("ATTACH \'" + root + "/spans/x.db\'")',
    "DuckDB unlocks": "sandbox._lake.sql('SET enable_external_access = true')",
    "DuckDB takes memory": "sandbox._lake.sql(\"SELECT length(repeat('x', 4000000000))\")"
    ".fetchall()",
}
_HAS_LANDLOCK = """
from pathlib import Path
from spanlake.storage.sandbox.jail import read_only
raise SystemExit(not read_only(Path("/")))
"""
_INSIDE = """
import json, sys
from pathlib import Path
from spanlake.storage.sandbox.jail import read_only
root, data, escapes = json.loads(sys.stdin.read())
read_only(Path(root))
from spanlake.storage.sandbox.session import Sandbox
sandbox = Sandbox(Path(root), memory=256 << 20, seconds=20)
assert sandbox.run("SELECT count(*) FROM spans", dict).fetchall()[0][0] > 0
done = []
for name, code in escapes.items():
    try:
        eval(code)
    except Exception:
        continue
    done.append(name)
print(json.dumps(done))
"""


def run(
    work: Callable[[SqlProcesses], Awaitable[_T]], data: Path, limits: SqlLimits = _LIMITS
) -> _T:
    """What work does with the processes of a lake."""

    async def main() -> _T:
        lakes = LakePool(data, default_location(data), size=1)
        try:
            return await work(SqlProcesses(data, lakes, limits))
        finally:
            lakes.close()

    return asyncio.run(main())


def test_a_query_is_answered_as_text(filled: Path) -> None:
    """The first rows come as text, with their types, and it is said that there are more."""
    page = run(
        lambda sql: sql.page("SELECT trace_id, span_count, NULL AS nothing FROM traces"), filled
    )
    assert page.columns == ("trace_id", "span_count", "nothing")
    assert page.numeric[:2] == (False, True)
    assert len(page.rows) == 20
    assert not page.is_all
    assert page.rows[0][2] is None


def test_a_prepared_process_reads_the_catalog(tmp_path: Path) -> None:
    """A process that was started ahead answers a query on what is in the catalog."""
    data = tmp_path / "lake"
    data.mkdir()
    with Catalog.open(default_location(data)) as catalog:
        create_experiment(catalog, "kept in the catalog")

    async def work(sql: SqlProcesses) -> SqlPage:
        await sql.prepare()
        return await sql.page("SELECT name, created_at < now(), tags FROM experiments")

    assert ("kept in the catalog", "true", "[]") in run(work, data).rows


def test_a_view_over_the_catalog_and_files(tmp_path: Path) -> None:
    """A view that reads both says in the process what it says in the lake."""
    data = tmp_path / "lake"
    write(data, span("1" * 16, trace_id="1" * 32), span("2" * 16, trace_id="2" * 32))
    score([Latency()], limit=1, lake=data)
    query = "SELECT trace_id, reason FROM unscored ORDER BY ALL"
    with spanlake.connect(data) as lake:
        expected = lake.sql(query).fetchall()
    assert len(expected) == 1
    assert list(run(lambda sql: sql.page(query), data).rows) == expected


def test_queries_follow_one_another(filled: Path) -> None:
    """A process answers many queries, also after ones that failed; each sees what is there then."""

    async def work(sql: SqlProcesses) -> tuple[list[str | None], str]:
        seen = []
        for _ in range(3):
            page = await sql.page("SELECT count(*) FROM traces")
            seen.append(page.rows[0][0])
            with pytest.raises(QueryError, match="nme"):
                await sql.page("SELECT nme FROM traces")
        async with sql.download("SELECT * FROM range(300000)", "csv") as pieces:
            whole = b"".join([piece async for piece in pieces])
        return seen, whole.decode()

    seen, whole = run(work, filled)
    assert len(set(seen)) == 1
    assert whole.splitlines()[1:] == [str(number) for number in range(300_000)]


def test_an_answer_that_nobody_reads_to_its_end(filled: Path) -> None:
    """A download that is broken off takes nothing from the next query."""

    async def work(sql: SqlProcesses) -> SqlPage:
        async with sql.download("SELECT * FROM range(900000)", "csv") as pieces:
            await anext(pieces)
        return await sql.page("SELECT 42 AS answer")

    assert run(work, filled).rows == (("42",),)


def test_a_whole_answer_is_a_parquet_file(filled: Path, tmp_path: Path) -> None:
    """A download has all rows, and ends as its format does."""

    async def work(sql: SqlProcesses) -> bytes:
        async with sql.download("SELECT trace_id FROM traces", "parquet") as pieces:
            return b"".join([piece async for piece in pieces])

    file = tmp_path / "answer.parquet"
    file.write_bytes(run(work, filled))
    assert pq.read_table(file).num_rows > 20


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT length(repeat('x', 4000000000))", "more memory"),
        ("FROM read_text('/etc/passwd')", "read_text"),
        ("SELECT nme FROM traces", "nme"),
    ],
)
def test_a_query_that_has_no_answer_says_why(filled: Path, query: str, reason: str) -> None:
    """The reason is told, and the server goes on."""
    with pytest.raises(QueryError, match=reason):
        run(lambda sql: sql.page(query), filled)


def test_a_query_without_end_is_ended(filled: Path) -> None:
    """When its time is over, the process is killed, and the reason is told."""
    query = "SELECT count(*) FROM range(10000000000) AS a, range(100000) AS b"
    with pytest.raises(QueryError, match=r"more than 2 s|too long"):
        run(lambda sql: sql.page(query), filled, SqlLimits(seconds=2))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's doors are Linux's")
def test_the_closed_doors_hold_without_the_parse_tree(filled: Path) -> None:
    """Code of any kind in the process can write nothing, read nothing else, and take no more."""
    if subprocess.run([sys.executable, "-c", _HAS_LANDLOCK], check=False).returncode:
        pytest.skip("this kernel has no Landlock")
    data = next((filled / "spans").rglob("*.parquet"))
    before = data.read_bytes()
    (filled / "catalog.sqlite").touch()
    done = subprocess.run(
        [sys.executable, "-c", _INSIDE],
        input=json.dumps([str(filled), str(data), _ESCAPES]),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert data.read_bytes() == before
