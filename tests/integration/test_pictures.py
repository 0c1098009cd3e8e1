"""The pictures in the README are drawn from a real run; `just pictures` draws them anew."""

import html
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

import spanlake
from spanlake.cli.tree import trace_tree
from spanlake.storage.traces import get_trace

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "demo.svg"
WIDTH = 124


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's last trace, the one with the error, as an SVG of a terminal."""
    data = tmp_path_factory.mktemp("pictures") / "lake"
    command = [sys.executable, "-m", "spanlake", "demo", "--data", str(data), "--format", "json"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    trace_id = json.loads(done.stdout)[-1]["trace_id"]
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    with spanlake.connect(data) as lake:
        console.print(trace_tree(get_trace(lake, trace_id)))
    svg = console.export_svg(title="spanlake traces show", unique_id="demo")
    # rich would have the font fetched from elsewhere; any monospaced one will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def words(svg: str) -> set[str]:
    """The words in the picture, without those that can be a part of an id."""
    texts = [html.unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg)]
    found = re.findall(r"[a-z_]{4,}", " ".join(texts).lower().replace("\xa0", " "))
    return {word for word in found if not re.fullmatch(r"[a-f]+", word)}


def test_the_picture_shows_what_the_demo_prints(drawn: str, request: pytest.FixtureRequest) -> None:
    """The picture of the demo's trace has the words of a trace drawn now."""
    if request.config.getoption("--draw-pictures"):
        PICTURE.write_text(drawn, "utf-8")
    assert words(drawn) - words(PICTURE.read_text("utf-8")) == set()
