"""What is in datasets, runs, verdicts, versions and saved queries is text on a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser
from chromium import chromium
from hostile_texts import EVERY, PAYLOADS
from page_safety import check_page
from server import RunningServer

import spanlake
from spanlake import datasets
from spanlake.entities import Feedback
from spanlake.evaluation.scorers import scorer
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.saved_queries import save_query
from spanlake.storage.catalog.versions import list_versions

# One line, as a name has to be.
NAME = "<img src=x onerror=alert(1)>"
SCRIPT = "\"'><script>alert(1)</script>"


@scorer(name=SCRIPT)
def hostile(outputs: str) -> Feedback:
    """Say what is hostile; whether it passes goes by what the app answered."""
    return Feedback(value="yes" if "now" in outputs else "no", rationale=EVERY)


class Hostile:
    """The pages of a lake in which all of this is hostile, and the ids of what is there."""

    def __init__(self, data: Path, browser: Browser) -> None:
        self.data, self.browser = data, browser
        with spanlake.connect(data) as lake:
            self.runs = [
                run_id
                for (run_id,) in lake.sql("SELECT run_id FROM runs ORDER BY started_at").fetchall()
            ]
            ((self.dataset,),) = lake.sql("SELECT dataset_id FROM datasets").fetchall()
            ((self.row,),) = lake.sql(
                "SELECT min(record_id) FROM run_results WHERE kind = 'row'"
            ).fetchall()
            self.records = [
                each for (each,) in lake.sql("SELECT record_id FROM dataset_records").fetchall()
            ]

    def paths(self) -> Iterator[str]:
        """Every page that shows any of it."""
        both, one = ",".join(self.runs), f"/datasets/{self.dataset}"
        yield from ("/runs", "/runs?q=%3Cscript%3E&scorer=%3Cb%3E", f"/runs/{self.runs[0]}")
        yield f"/runs/{self.runs[0]}?row={self.row}:0&q=%3Cb%3E"
        yield from (f"/runs/compare?runs={both}", "/datasets", one, f"{one}?version=1")
        yield from (f"{one}?record={each}" for each in self.records)
        yield from (f"{one}?tab=versions", f"{one}?tab=runs", f"{one}/diff?before=0&after=2")
        yield from ("/versions", f"/versions/{self.version}", "/sql?saved=" + self.query)

    version = ""
    query = ""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """The pages over a lake of hostile evaluations."""
    data = tmp_path_factory.mktemp("hostile") / "lake"
    made = datasets.create_dataset(NAME, description="text", experiment=NAME, data=data)
    texts = [EVERY, *PAYLOADS[:3]]
    records = [
        {
            "inputs": {"text": text, SCRIPT: {"deep": [text]}},
            "expectations": {SCRIPT: text},
            "tags": {SCRIPT: text, "half": str(number % 2)},
            "split": NAME,
        }
        for number, text in enumerate(texts)
    ]
    made.merge_records(records[:2], note=NAME)
    made.merge_records(records)
    plain = [{"inputs": {"text": text}} for text in texts]
    for word in ("then", "now"):
        spanlake.evaluate(
            plain,
            lambda text, word=word: f"{word} {text}",
            [hostile],
            name=f"{NAME} {word}",
            app_version=NAME,
            experiment=NAME,
            tags={SCRIPT: NAME},
            lake=data,
        )
    spanlake.create_external_version(
        NAME, experiment=NAME, params={SCRIPT: NAME}, description=NAME, data=data
    )
    with Catalog.open(default_location(data)) as catalog, Browser(data) as browser:
        found = Hostile(data, browser)
        found.query = save_query(catalog, NAME, SCRIPT).query_id
        found.version = list_versions(catalog)[0].version_id
        yield found


def test_hostile_text_stays_text(lake: Hostile) -> None:
    """No page of evaluations has an element, handler or address of a stranger's."""
    for path in lake.paths():
        response = lake.browser.get(path)
        assert response.status_code == 200, (path, response.text[:400])
        check_page(response)


def test_a_refused_form_is_shown_as_text(lake: Hostile) -> None:
    """What was typed into a form comes back as text, with what is wrong with it."""
    form = {"text:inputs:" + SCRIPT: "", "json:expectations:x": SCRIPT, "note": NAME}
    response = lake.browser.post(f"/datasets/{lake.dataset}/records", form)
    assert response.status_code == 400
    check_page(response)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_text_of_an_evaluation_ever_runs(lake: Hostile) -> None:
    """Payloads in records, answers, verdicts and names run nowhere in a real browser."""
    with RunningServer(lake.data) as server, chromium() as opened:
        context = opened.new_context(base_url=f"http://{server.http}")
        context.add_init_script("window.__xss = 0; window.alert = () => { window.__xss = 1; };")
        page = context.new_page()
        page.set_default_timeout(60_000)
        for path in lake.paths():
            page.goto(path)
            page.wait_for_load_state("networkidle")
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("window.__xss") == 0, path
        context.close()
