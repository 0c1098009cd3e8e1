"""Filters as trees: what is read, how it is printed, and what is said of mistakes."""

import pytest

from spanlake.storage.search.errors import FilterError
from spanlake.storage.search.parser import MAX_LENGTH, parse_filter
from spanlake.storage.search.printing import print_filter
from spanlake.storage.search.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    FieldPath,
    Negation,
    Nested,
    Operator,
    Place,
    Value,
    ValueKind,
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        (" \n\t", ""),
        ("a = 'x'", "a = 'x'"),
        ('a == "say ""no"""', "a = 'say \"no\"'"),
        ("a <> 'it''s'", "a != 'it''s'"),
        ("a=1 and b=2 or not c=3", "a = 1 AND b = 2 OR NOT c = 3"),
        ("a = 1 AND (b = 2 OR c = 3)", "a = 1 AND (b = 2 OR c = 3)"),
        ("a like 'x' AND b not ilike 'y'", "a LIKE 'x' AND b NOT ILIKE 'y'"),
        ("a NOT rlike 'x' or b contains 'y'", "a NOT RLIKE 'x' OR b CONTAINS 'y'"),
        ("a in ('x','y') and b not in (1)", "a IN ('x', 'y') AND b NOT IN (1)"),
        ("a between 1 and 2 and b is not null", "a BETWEEN 1 AND 2 AND b IS NOT NULL"),
        ("a is null", "a IS NULL"),
        ("done AND NOT late", "done AND NOT late"),
        ("a > 1.5s and b < 7d ago", "a > 1.5s AND b < 7d ago"),
        ("a = TRUE", "a = true"),
        ("any span (a = 1) and Assessment(b = 2)", "SPAN(a = 1) AND ASSESSMENT(b = 2)"),
        ("'refund'", "text CONTAINS 'refund'"),
        ("a.`x.y` = -1e3", "a.`x.y` = -1e3"),
        ("a.'x y'.z-1 = .5", "a.`x y`.z-1 = .5"),
        ("a.`x``y` = 1", "a.`x``y` = 1"),
        # What begins like a keyword is none, and after a dot none is.
        ("notes = 1 AND andy = 2 OR orders = 3", "notes = 1 AND andy = 2 OR orders = 3"),
        ("tag.in = 1 AND tag.not = 2", "tag.in = 1 AND tag.not = 2"),
    ],
)
def test_a_filter_is_read_and_printed(text: str, printed: str) -> None:
    """A filter prints as it would be typed, and prints the same when it is read again."""
    tree = parse_filter(text)
    assert print_filter(tree) == printed
    assert parse_filter(printed) == tree


def test_what_is_in_a_tree() -> None:
    """AND binds more tightly than OR, NOT more than both, and parentheses stay in the tree."""
    tree = parse_filter("NOT a = 1 AND SPAN(b > 2s) OR c")
    assert tree == Disjunction(
        (
            Conjunction(
                (
                    Negation(_comparison("a", Operator.EQ, Value(ValueKind.NUMBER, "1"))),
                    Nested(_comparison("b", Operator.GT, Value(ValueKind.DURATION, "2s")), "span"),
                )
            ),
            Comparison(FieldPath(("c",)), Operator.IS_TRUE),
        )
    )


def test_a_tree_knows_the_places() -> None:
    """Fields, operators and values know where they were typed."""
    tree = parse_filter("  tag.key  NOT LIKE 'x%'")
    assert isinstance(tree, Comparison)
    assert (tree.path.place, tree.operator_place) == (Place(2, 9), Place(11, 19))
    assert tree.values[0].place == Place(20, 24)


def _comparison(name: str, operator: Operator, value: Value) -> Comparison:
    return Comparison(FieldPath((name,)), operator, (value,))


@pytest.mark.parametrize(
    ("text", "at", "reason", "suggestion"),
    [
        ("status = OK", "OK", "OK is unexpected: expected a text in quotes, a number", "'OK'"),
        ("a = null", "null", "null is unexpected", "IS NULL"),
        ("a lke 'x'", "lke", "lke is unexpected: expected =, !=", "LIKE"),
        ("a = 1 nd b = 2", "nd", "nd is unexpected: expected AND, OR or the end", "AND"),
        ("a = 1 && b = 2", "&", "& is unexpected: expected AND, OR or the end", None),
        ("a 'x' AND b = 1", "'x'", "'x' is unexpected: expected =", None),
        ("a = 'open", "'open", "this quote is not closed: type another '", None),
        ("a = 1)", ")", ") is unexpected: expected AND, OR or the end", None),
        ("a = 1000abc", "abc", "abc is unexpected: expected AND, OR or the end", None),
        ("a in ()", ")", ") is unexpected: expected a text in quotes", None),
        ("refund policy", "policy", "policy is unexpected", "'refund policy'"),
        ("$a", "$", "$ is unexpected: expected a field", None),
    ],
)
def test_a_mistake_is_pointed_at(text: str, at: str, reason: str, suggestion: str | None) -> None:
    """A message says what is wrong, what was expected, and what may have been meant."""
    with pytest.raises(FilterError) as raised:
        parse_filter(text)
    error = raised.value
    assert text[error.place.start : error.place.end] == at
    assert error.reason.startswith(reason)
    assert error.suggestion == suggestion


@pytest.mark.parametrize("text", ["(a = 1", "NOT", "a =", "a = 1 AND", "tag.", "a not"])
def test_what_is_missing_at_the_end(text: str) -> None:
    """Where a filter ends too early, the place is behind its last character."""
    with pytest.raises(FilterError, match="the filter ends here: expected") as raised:
        parse_filter(text)
    assert raised.value.place == Place(len(text), len(text))


def test_a_message_shows_the_line() -> None:
    """The message has the line of the mistake, with carets below it, whatever is in it."""
    with pytest.raises(FilterError) as raised:
        parse_filter("name = '日本' AND\n\tstatus = OK AND x = 1")
    assert str(raised.value) == (
        "filter, character 27: OK is unexpected: expected a text in quotes, a number, a duration, "
        "such as 2s, TRUE or FALSE; did you mean 'OK'?\n"
        "   status = OK AND x = 1\n"
        "            ^^"
    )
    with pytest.raises(FilterError) as raised:
        parse_filter("name = '日本' AND =")
    assert str(raised.value).splitlines()[1:] == ["  name = '日本' AND =", " " * 20 + "^"]


def test_a_message_is_of_three_lines() -> None:
    """What was typed does nothing in a message but show itself, line ends and colours included."""
    with pytest.raises(FilterError) as raised:
        parse_filter("two\nwords")
    assert raised.value.suggestion == "'two words'"
    with pytest.raises(FilterError) as raised:
        parse_filter("a = 'x\x1b[31m\ny")
    assert str(raised.value).splitlines() == [
        "filter, character 5: this quote is not closed: type another '",
        "  a = 'x [31m",
        "      ^^^^^^^",
    ]


def test_a_long_line_is_cut() -> None:
    """Of a long filter, what is near the mistake is shown."""
    with pytest.raises(FilterError) as raised:
        parse_filter(f"{'a = 1 AND ' * 30}= {' AND a = 1' * 30}")
    line, carets = str(raised.value).splitlines()[1:]
    assert len(line) < 140
    assert line.startswith("  ...")
    assert line.endswith("...")
    assert line[carets.index("^")] == "="


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(" * 60 + "a" + ")" * 60, "nested deeper than 50 levels"),
        ("NOT " * 60 + "a", "nested deeper than 50 levels"),
        ("a = '" + "x" * MAX_LENGTH + "'", "must be 100,000 at most"),
        ("a = '\udcff'", "must be Unicode text"),
    ],
)
def test_what_is_beyond_the_limits(text: str, reason: str) -> None:
    """A filter too deep, too long or not of characters is refused, not run into."""
    with pytest.raises(FilterError, match=reason) as raised:
        parse_filter(text)
    assert 0 <= raised.value.place.start < raised.value.place.end <= len(text)


def test_a_long_chain_is_not_deep() -> None:
    """Hundreds of conditions in a row are no nesting."""
    tree = parse_filter(" OR ".join(f"a = {number}" for number in range(500)))
    assert isinstance(tree, Disjunction)
    assert len(tree.operands) == 500
