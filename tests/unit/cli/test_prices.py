"""`spanlake prices`: list, show, set, unset, import, history and recost."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from rows import Row, span, usage, write

from spanlake.quantities import UNKNOWN
from spanlake.semconv.cost import PRICE_VERSION

SET = ["set", "gpt-4o", "--provider", "openai", "--input", "2", "--output", "8.5"]
GPT_4O: Row = {"span_type": "LLM", "provider": "openai", "model": "gpt-4o"}
OTHER: Row = {"span_type": "LLM", "provider": "vllm", "model": "our-model"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake of two calls, one of them of a model that no price list has."""
    folder = tmp_path / "lake"
    write(
        folder,
        span("a", trace_id="a", **GPT_4O, **usage(1_000_000, 100_000), cost_usd=3.5),
        span("b", trace_id="b", **OTHER, **usage(1_000_000, 0)),
    )
    return folder


def asked(run: Run, data: Path, *arguments: str | Path) -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run("prices", *arguments, "--data", data, "--format", "json")
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def versions(rows: list[dict[str, Any]]) -> list[str]:
    return [row["price_version"] for row in rows]


def test_set_and_list(run: Run, data: Path) -> None:
    """A price that was set is listed as long as it is in force, with all that was said."""
    options = ["--cache-read", "1", "--from", "2026-01-01", "--to", "2099-01-01", "--note", "deal"]
    (made,) = asked(run, data, *SET, *options)
    created_at = made.pop("created_at")
    assert made == {
        "price_version": "custom 1",
        "provider": "openai",
        "model": "gpt-4o",
        "input_mtok": 2.0,
        "output_mtok": 8.5,
        "cache_read_mtok": 1.0,
        "cache_write_mtok": None,
        "request_usd": None,
        "is_withdrawal": False,
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_to": "2099-01-01T00:00:00Z",
        "note": "deal",
    }
    assert asked(run, data, "list") == [made | {"created_at": created_at}]
    assert asked(run, data, "list", "--as-of", "2025-12-31") == []
    shown = run("prices", "list", "--data", data).text.splitlines()
    assert " ".join(shown[1].split()) == (
        f"custom 1 openai gpt-4o 2 8.5 1 {UNKNOWN} {UNKNOWN} "
        "2026-01-01 00:00:00Z 2099-01-01 00:00:00Z deal"
    )


def test_history_keeps_everything(run: Run, data: Path) -> None:
    """A new price and a withdrawal leave what was before in the history, the last one first."""
    for arguments in (
        SET,
        [*SET, "--request", "0.01"],
        ["unset", "gpt-4o", "--provider", "openai"],
    ):
        assert len(asked(run, data, *arguments)) == 1
    asked(run, data, "set", "other", "--input", "1")
    assert versions(asked(run, data, "list")) == ["custom 4"]
    assert versions(asked(run, data, "history")) == ["custom 4", "custom 3", "custom 2", "custom 1"]
    history = asked(run, data, "history", "GPT-4o")
    assert [row["is_withdrawal"] for row in history] == [True, False, False]
    assert "withdrawn" in run("prices", "history", "--data", data).text


def test_what_is_so_already(run: Run, data: Path) -> None:
    """To set what is so, or withdraw what is not there, records nothing and says so."""
    asked(run, data, *SET)
    assert asked(run, data, *SET) == []
    done = run("prices", "unset", "no-such-model", "--data", data)
    assert (done.status, done.out, done.err) == (
        0,
        b"",
        "nothing is recorded: this is so already\n",
    )


def test_show(run: Run, data: Path) -> None:
    """What a model costs is shown by provider, whether the price is custom or built in."""
    asked(run, data, *SET)
    built_in, custom = asked(run, data, "show", "gpt-4o")
    assert (built_in["provider"], built_in["price_version"]) == (None, PRICE_VERSION)
    assert (custom["provider"], custom["price_version"]) == ("openai", "custom 1")
    assert (custom["input_mtok"], custom["cache_read_mtok"], custom["reasoning_mtok"]) == (
        2,
        2,
        8.5,
    )
    (before,) = asked(run, data, "show", "gpt-4o", "--provider", "openai", "--as-of", "2026-01-01")
    assert before["price_version"] == PRICE_VERSION
    shown = run("prices", "show", "gpt-4o", "--data", data).text
    assert "custom 1" in shown
    assert PRICE_VERSION in shown


def test_show_of_an_unknown_model(run: Run, data: Path) -> None:
    """A model without a price is the user's mistake, with what would give it one."""
    ended = run("prices", "show", "our-model", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err == (
        "error: MODEL is our-model: has no price; "
        "`spanlake prices set` with the same name gives it one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "m"], "no price is given: must be one at least"),
        (["set", "m", "--input", "-1"], "input_mtok is -1.0: must be USD, from 0 to 1,000,000,000"),
        (["set", "m", "--input", "nan"], "input_mtok is nan: must be USD"),
        (["set", "", "--input", "1"], "model is '': must be one line of 1 to 256 characters"),
        (["set", "m", "--input", "1", "--from", "soon"], "--from is soon: must be how long ago"),
        (["set", "m", "--input", "1", "--to", "soon"], "--to is soon: must be how long ago"),
        (["set", "m", "--input", "1", "--to", "1d"], "valid_to is "),
        (["list", "--as-of", "soon"], "--as-of is soon: must be how long ago"),
        (["recost", "--as-of", "calls"], "--as-of is calls: must be how long ago"),
        (["recost", "--where", "x"], "--where is x: "),
    ],
)
def test_mistakes(run: Run, data: Path, arguments: list[str], message: str) -> None:
    """A mistake is one line with what was typed, its value and the rule; nothing is recorded."""
    ended = run("prices", *arguments, "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith(f"error: {message}")
    assert ended.err.count("\n") == 1
    assert asked(run, data, "history") == []


CSV = """\
provider, model, input_mtok, output_mtok, cache_read_mtok, request_usd, valid_from, valid_to, note
openai,gpt-4o,2,8,1,,2026-01-01,,"deal, one"
openai,gpt-4o,1.5,8,1,,2026-07-01T00:00:00+02:00,,
,our-*,0,,,0.001,,2099-01-01,
"""


def test_import_of_csv(run: Run, data: Path, tmp_path: Path) -> None:
    """The rows of a CSV file are recorded in their order, with times in UTC."""
    file = tmp_path / "prices.csv"
    file.write_text(CSV, encoding="utf-8-sig")
    first, second, third = asked(run, data, "import", file)
    assert (first["note"], first["valid_from"]) == ("deal, one", "2026-01-01T00:00:00Z")
    assert second["valid_from"] == "2026-06-30T22:00:00Z"
    assert (third["provider"], third["input_mtok"], third["output_mtok"]) == (None, 0.0, None)
    assert third["request_usd"] == 0.001


def test_import_again(run: Run, data: Path, tmp_path: Path) -> None:
    """A file whose prices are so already records none of them."""
    file = tmp_path / "prices.CSV"
    file.write_text("model,input_mtok,valid_from\na,1,2026-01-01\nb,2,\n", encoding="utf-8")
    assert run("prices", "import", file, "--data", data).text == "recorded 2 prices; 0 were so\n"
    assert run("prices", "import", file, "--data", data).text == "recorded 0 prices; 2 were so\n"


def test_a_listing_can_be_imported(run: Run, data: Path, tmp_path: Path) -> None:
    """What history or list print as JSON, another catalog takes in."""
    for arguments in (
        SET,
        ["unset", "gpt-4o", "--provider", "openai"],
        ["set", "b", "--input", "1"],
    ):
        asked(run, data, *arguments)
    history = asked(run, data, "history")
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(history[::-1]), encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    asked(run, other, "import", file)

    def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "created_at": None} for row in rows]

    assert without_time(asked(run, other, "history")) == without_time(history)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            "model,input_mtok\nm,1\nm,cheap\n",
            ":3: input_mtok is 'cheap': must be a number",
        ),
        (
            "a.csv",
            "model,price\nm,1\n",
            ":2: price is no known column; remove it (known here: prov",
        ),
        ("a.csv", "model,input_mtok\nm,1,2\n", ":2: has more values than the first line has names"),
        ("a.csv", "model,input_mtok\n,1\n", ":2: model is '': must be one line of 1 to 256"),
        ("a.csv", "model,input_mtok\nm,-1\n", ":2: input_mtok is -1.0: must be USD, from 0 to"),
        ("a.csv", "model\nm\n", ":2: no price is given"),
        (
            "a.csv",
            "model,input_mtok,valid_from\nm,1,soon\n",
            ":2: valid_from is 'soon': must be a da",
        ),
        ("a.csv", "model,input_mtok\n", ": has no prices; give it rows, headed provider,model"),
        ("a.json", "[", ": is no JSON ("),
        ("a.json", '{"model": "m"}', ": must be an array of objects"),
        ("a.json", "[1]", ": entry 1: must be an object such as"),
        ("a.json", '[{"model": "m", "input_mtok": true}]', ": entry 1: input_mtok is 'True': must"),
        ("a.json", '[{"model": 5, "input_mtok": 1}]', ": entry 1: model is '5': must be text"),
        ("a.txt", "", ": must end in .csv or .json"),
        ("none.csv", None, ": cannot be read ("),
    ],
)
def test_a_file_with_a_mistake(
    run: Run, data: Path, name: str, content: str | None, message: str
) -> None:
    """A mistake in a file is told with its line or entry, and none of its prices is recorded."""
    file = data.with_name(name)
    if content is not None:
        file.write_text(content)
    ended = run("prices", "import", file, "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert message in ended.err
    assert str(file) in ended.err
    assert ended.err.count("\n") == 1
    assert asked(run, data, "history") == []


def test_recost(run: Run, data: Path) -> None:
    """A window is priced anew beside what is recorded, without a change."""
    asked(run, data, *SET, "--from", "2026-01-01")
    known, unknown = asked(run, data, "recost", "--since", "2026-01-01")
    assert (known["model"], known["recorded_usd"], known["recosted_usd"]) == ("gpt-4o", 3.5, 2.85)
    assert known["price_versions"] == ["custom 1"]
    assert (unknown["model"], unknown["recosted_usd"], unknown["unpriced_calls"]) == (
        "our-model",
        None,
        1,
    )
    lines = run("prices", "recost", "--data", data).text.splitlines()
    assert lines[1].split()[-5:] == ["$3.50", "$2.85", "-$0.6500", "custom", "1"]
    assert lines[-1].split() == ["total", "2", "$3.50+", "$2.85+", "-$0.6500"]


def test_recost_as_of(run: Run, data: Path) -> None:
    """Prices may be those of another moment, or those of each call's own time."""
    asked(run, data, *SET, "--from", "2026-10-01")

    def cost(*options: str) -> float:
        (found,) = asked(run, data, "recost", "--where", "model = 'gpt-4o'", *options)
        return float(found["recosted_usd"])

    assert cost() == pytest.approx(2.85)
    assert cost("--as-of", "call") == cost("--as-of", "2026-09-01") == pytest.approx(3.5)


def test_recost_of_nothing(run: Run, data: Path) -> None:
    """Without calls in the window there is an empty array, or a line on stderr."""
    options = ["recost", "--where", "false"]
    assert asked(run, data, *options) == []
    done = run("prices", *options, "--data", data)
    assert (done.status, done.out, done.err) == (0, b"", "no model calls\n")


def test_no_custom_prices(run: Run, data: Path) -> None:
    """Without custom prices there is an empty array, or what makes one."""
    assert asked(run, data, "list") == []
    done = run("prices", "list", "--data", data)
    assert (done.status, done.out) == (0, b"")
    assert "`spanlake prices set` makes one" in done.err


def test_a_missing_directory(run: Run, tmp_path: Path) -> None:
    """A data directory that is not there is not made."""
    ended = run("prices", "list", "--data", tmp_path / "none")
    assert (ended.status, ended.out) == (2, b"")
    assert "no such directory" in ended.err
    assert not (tmp_path / "none").exists()


def test_renormalize_computes_by_custom_prices(run: Run, data: Path) -> None:
    """What is derived anew costs what is set now, as it would for the server."""
    attributes = [
        ("gen_ai.provider.name", "vllm"),
        ("gen_ai.request.model", "our-model"),
        ("gen_ai.usage.input_tokens", "1000000"),
    ]
    raw: Row = {"attributes": attributes, "attribute_types": "ssi", "resource_types": ""}
    write(data, span("raw", trace_id="raw", **raw))
    asked(run, data, "set", "our-model", "--input", "0.5", "--from", "2026-01-01")
    assert run("renormalize", "--data", data).status == 0
    query = "SELECT cost_usd, price_version FROM spans WHERE span_id = 'raw'"
    answer = run("sql", query, "--data", data, "--format", "json")
    assert json.loads(answer.out) == [{"cost_usd": 0.5, "price_version": "custom 1"}]
