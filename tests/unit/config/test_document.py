from pathlib import Path

import pytest

from spanlake.config.document import Document, Place, read_document
from spanlake.errors import ConfigError


def read(text: str, environ: dict[str, str] | None = None) -> Document:
    Path("c.yaml").write_text(text, encoding="utf-8")
    return read_document(Path("c.yaml"), environ or {})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("64", 64),
        ("-1", -1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("9" * 5000, "9" * 5000),
        (".nan", ".nan"),
        ("2026-01-01", "2026-01-01"),
        ("'64'", "64"),
        ('"true"', "true"),
        ("null", None),
        ("~", None),
        ("", None),
        ("[a, 1]", ("a", 1)),
        ("{b: {c: d}}", {"b": {"c": "d"}}),
        ("|\n  text\n", "text\n"),
    ],
)
def test_scalars_are_typed_by_the_core_schema(written: str, value: object) -> None:
    """Scalars are typed as in YAML 1.2: no dates, no yes and no, no numbers in base 60."""
    assert read(f"a: {written}").values == {"a": value}


def test_places_are_the_lines_of_keys_and_of_list_items() -> None:
    """Each value knows its line and column, at its key if it has one, and how it is typed."""
    document = read("a:\n  b:\n    '64'\n  c:\n    - x\n    - y\n  d: {e: [1,  2]}\n")
    assert dict(document.places) == {
        (): Place(1, 1, "a mapping"),
        ("a",): Place(1, 1, "a mapping"),
        ("a", "b"): Place(2, 3, "'64'"),
        ("a", "c"): Place(4, 3, "a list"),
        ("a", "c", 0): Place(5, 7, "x"),
        ("a", "c", 1): Place(6, 7, "y"),
        ("a", "d"): Place(7, 3, "{e: [1, 2]}"),
        ("a", "d", "e"): Place(7, 7, "[1, 2]"),
        ("a", "d", "e", 0): Place(7, 11, "1"),
        ("a", "d", "e", 1): Place(7, 15, "2"),
    }


def test_a_missing_value_stands_where_its_section_does() -> None:
    """The place of a value that is not there is that of the nearest section around it."""
    assert read("a:\n  b: 1\n").place(("a", "x", "y")).line == 1


def test_variables_are_typed_after_they_are_replaced() -> None:
    """A bare reference is typed by its value, a quoted one stays text, and both show the value."""
    document = read('a: ${env:N}\nb: "${env:N}"\nc: ${env:E}\n', {"N": "64", "E": ""})
    assert document.values == {"a": 64, "b": "64", "c": None}
    assert document.place(("a",)).typed == "${env:N} (64)"


def test_a_variable_cannot_smuggle_in_more_than_a_scalar() -> None:
    """The value of a variable is one scalar, whatever YAML it may look like."""
    assert read("a: ${env:N}", {"N": "x\nb: [1]"}).values == {"a": "x\nb: [1]"}


def test_doubled_keys_and_missing_variables_are_collected() -> None:
    """A key given twice and a variable that is not set are problems, each at its own line."""
    document = read("a: 1\nb: ${env:NONE}\na: 2\n")
    assert document.values == {"a": 1, "b": None}
    assert [problem.message(document.name) for problem in document.problems] == [
        (
            "c.yaml:2: b is ${env:NONE}: the environment has no NONE; "
            "set it, or write ${env:NONE:-default}"
        ),
        "c.yaml:3: a is given twice, first on line 1; keep one",
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_has_no_values(text: str) -> None:
    """A file without a key holds nothing, which is no mistake."""
    assert read(text).values == {}


@pytest.mark.parametrize("text", ["\n- a\n", "\nreceivers\n"])
def test_a_file_without_keys_is_refused(text: str) -> None:
    """A file that holds a list or a bare word is refused."""
    with pytest.raises(
        ConfigError, match=r"^c\.yaml:2: no keys are here; start with one, such as receivers:$"
    ):
        read(text)


def test_a_key_that_is_no_text_is_shown_as_typed() -> None:
    """A list or a mapping in the place of a key is read as its own text, to be refused by name."""
    assert read("? [a, b]\n: 1\n").values == {"[a, b]": 1}
