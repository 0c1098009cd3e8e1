"""The pages of runs: the list, one run's rows, and two runs side by side."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import Browser, Page
from run_lake import DATASET, FIRST, SECOND

import spanlake
from spanlake.storage.lake import Lake


@pytest.fixture(scope="module")
def ids(evaluated: Path) -> dict[str, str]:
    """The ids of the runs by their names."""
    with spanlake.connect(evaluated) as lake:
        return dict(lake.sql("SELECT name, run_id FROM runs").fetchall())


@pytest.fixture(scope="module")
def lake(evaluated: Path) -> Iterator[Lake]:
    """The same as SQL sees it."""
    with spanlake.connect(evaluated) as opened:
        yield opened


def rows(page: Page) -> list[str]:
    """The rows of a run in a page, as RECORD:REPETITION."""
    return [found["data-row"] for found in page.find("tr") if "data-row" in found]


def query_of(page: Page) -> str:
    """The query behind a page."""
    return parse_qs(urlsplit(page.links("/sql?")[0]).query)["q"][0]


def test_the_list_has_means_with_intervals(evaluations: Browser, ids: dict[str, str]) -> None:
    """The newest run is first, each scorer with its mean and, in a tooltip, how sure that is."""
    page = evaluations.page("/runs")
    assert page.links("/runs/")[:2] == [f"/runs/{ids[SECOND]}", f"/runs/{ids[FIRST]}"]
    assert "2 runs" in page.text
    told = [each["title"] for each in page.find("span", class_="score-cell")]
    assert any(each.startswith("correctness: 95 % CI ") and "Wilson" in each for each in told)
    assert f"{DATASET} @3" in page.text


def test_the_list_is_narrowed(evaluations: Browser) -> None:
    """Words, an experiment and a kind narrow the list, and stay in the links of the page."""
    assert "1 run" in evaluations.page("/runs?q=v2&experiment=support").text
    assert "No run matches" in evaluations.page("/runs?kind=scoring").text
    assert "No run matches" in evaluations.page("/runs?experiment=another").text
    page = evaluations.page("/runs?q=prompt&scorer=picky")
    heads = [each["title"] for each in page.find("th", class_="c-score")]
    assert heads == ["picky"]
    assert any("q=prompt" in link and "kind=scoring" in link for link in page.links("/runs?"))


def test_selected_runs_are_compared_with_the_oldest(
    evaluations: Browser, ids: dict[str, str]
) -> None:
    """Whatever the order they are selected in, the run that began first is the baseline."""
    answer = evaluations.get(f"/runs/selected?ids={ids[SECOND]},{ids[FIRST]}")
    assert answer.status_code == 303
    chosen = parse_qs(urlsplit(answer.headers["location"]).query)["runs"][0]
    assert chosen == f"{ids[FIRST]},{ids[SECOND]}"
    assert evaluations.get(f"/runs/selected?ids={ids[FIRST]}").status_code == 400


def test_failures_come_first(evaluations: Browser, ids: dict[str, str], lake: Lake) -> None:
    """The rows of a run are all there, those in which anything failed before the others."""
    page = evaluations.page(f"/runs/{ids[FIRST]}")
    ((total, failed),) = lake.sql(
        "SELECT count(*), count(*) FILTER (failed) FROM (SELECT record_id,"
        " bool_or(error_code IS NOT NULL OR coalesce(passed = false, false)) AS failed"
        " FROM run_results WHERE run_id = ? GROUP BY record_id)",
        [ids[FIRST]],
    ).fetchall()
    assert len(rows(page)) == total == 24
    only = evaluations.page(f"/runs/{ids[FIRST]}?failed=only")
    assert rows(only) == rows(page)[:failed]
    assert "TimeoutError: the model did not answer in time" in page.text


def test_rows_by_a_failed_scorer(evaluations: Browser, ids: dict[str, str], lake: Lake) -> None:
    """The count of failures of a scorer leads to its rows, and the query behind to the same."""
    page = evaluations.page(f"/runs/{ids[FIRST]}")
    link = next(each for each in page.links("/runs/") if "verdict=correctness%3Afail" in each)
    shown = evaluations.page(link)
    wanted = lake.sql(
        "SELECT record_id FROM run_results WHERE run_id = ? AND name = 'correctness'"
        " AND passed = false",
        [ids[FIRST]],
    ).fetchall()
    assert {each.partition(":")[0] for each in rows(shown)} == {each for (each,) in wanted}
    found = lake.sql(query_of(shown)).fetchall()
    assert {row[1] for row in found} == {each for (each,) in wanted}
    assert "No row matches" in evaluations.page(f"{link}&q=nobody+says+this").text


def test_a_row_says_everything(evaluations: Browser, ids: dict[str, str]) -> None:
    """The pane of a row has input, output, expectation, verdicts with reasons, and the trace."""
    page = evaluations.page(f"/runs/{ids[FIRST]}?verdict=correctness:fail")
    row = rows(page)[0]
    part = evaluations.part(f"/runs/{ids[FIRST]}?row={row}", "pane")
    for words in (
        "I am not sure; please ask",
        "expected_response",
        "The answer lacks",
        "politeness",
    ):
        assert words in part.text
    (trace,) = part.links("/traces/")
    assert evaluations.get(trace).status_code == 200
    (record,) = part.links("/datasets/")
    assert row.partition(":")[0] in evaluations.page(record).html
    assert evaluations.get(f"/runs/{ids[FIRST]}?row=r-none:0").status_code == 404


def test_rows_are_ordered(evaluations: Browser, ids: dict[str, str]) -> None:
    """By a scorer the lowest values come first; by position it is the order of the data."""
    by_score = evaluations.page(f"/runs/{ids[FIRST]}?sort=score:politeness")
    by_place = evaluations.page(f"/runs/{ids[FIRST]}?sort=position")
    assert set(rows(by_score)) == set(rows(by_place))
    assert rows(by_score) != rows(by_place)


def test_a_comparison_begins_with_what_changed(evaluations: Browser, ids: dict[str, str]) -> None:
    """The page has the sentence, the corrected p-values, the slices and the flipped rows."""
    page = evaluations.page(f"/runs/compare?runs={ids[FIRST]},{ids[SECOND]}")
    lead = page.html.split('class="lead">', 1)[1].split("</p>")[0]
    assert f"{SECOND} is " in lead or "no evidence" in lead.lower()
    for words in ("corrected (Holm) for 3 tests", "topic = orders", "now fails", "now passes"):
        assert words in page.text
    first = page.text.index("▼ now fails")
    assert first < page.text.index("▲ now passes")
    assert "The answer lacks" in page.text
    narrowed = evaluations.page(
        f"/runs/compare?runs={ids[FIRST]},{ids[SECOND]}&turned=fail_to_pass&slice=split"
    )
    assert "▼ now fails" not in narrowed.text
    assert "split = dev" in narrowed.text
    assert "topic = orders" not in narrowed.text


def test_names_lead_to_the_runs(evaluations: Browser, ids: dict[str, str]) -> None:
    """Runs can be named in a URL; the page is then the one of their ids."""
    answer = evaluations.get(f"/runs/compare?runs={FIRST.replace(' ', '+')},{ids[SECOND][:8]}")
    assert answer.status_code == 307
    assert f"runs={ids[FIRST]},{ids[SECOND]}" in answer.headers["location"]
    assert evaluations.get("/runs/compare?runs=one").status_code == 400
    assert evaluations.get("/runs/nothing").status_code == 404


def test_an_empty_lake_tells_the_next_command(tmp_path: Path) -> None:
    """Without runs, datasets or versions, each list says what would be there and how it comes."""
    data = tmp_path / "lake"
    data.mkdir()
    with Browser(data) as opened:
        for path, command in (
            ("/runs", "spanlake evaluate my_app:answer"),
            ("/datasets", "spanlake datasets from-traces questions"),
            ("/versions", "spanlake versions create v1"),
        ):
            page = opened.page(path)
            copied = [found["data-copy"] for found in page.find("button") if "data-copy" in found]
            assert any(each.startswith(command) for each in copied), path
