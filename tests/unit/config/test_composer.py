from pathlib import Path

import pytest

from spanlake.config.composer import compose
from spanlake.errors import ConfigError

SYNTAX = "check indentation, colons and quotes up to here"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"receivers:\n  otlp: [1\n",
            f"c.yaml:3: not valid YAML: expected ',' or ']', but got '<stream end>'; {SYNTAX}",
        ),
        (
            b"receivers:\n\totlp:\n",
            "c.yaml:2: not valid YAML: found character '\\t' that cannot start any token; "
            + SYNTAX,
        ),
        (b"a: b: c\n", f"c.yaml:1: not valid YAML: mapping values are not allowed here; {SYNTAX}"),
        (
            b"a: 1\n---\nb: 1\n",
            f"c.yaml:2: not valid YAML: but found another document; {SYNTAX}",
        ),
        (b"a: 1\nb: \x00\n", "c.yaml:2: a control character is not allowed in YAML; remove it"),
        (b"a: 1\nb: \xff\n", "c.yaml:2: the text is not UTF-8; save it as UTF-8"),
        (
            b"a: 1\nb: &x 1\nc: *x\n",
            "c.yaml:2: anchors and aliases (& and *) are not allowed; write the value out",
        ),
        (
            b"a: !!python/object/apply:os.getcwd []\n",
            "c.yaml:1: tags (!) are not allowed; remove it, or quote a text that starts with !",
        ),
        (
            b"a:\n  " + b"[" * 100_000,
            "c.yaml:2: nested deeper than 20 levels, as no configuration is; flatten it",
        ),
        (
            b"a:\n" + b"- 1\n" * 20_000,
            "c.yaml:10000: more than 10000 keys and values, as no configuration has; shorten it",
        ),
        (
            b"#" * (1 << 20) + b"\n",
            "c.yaml is larger than 1 MiB, as no configuration is; name another file",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value.split(";")[0],
)
def test_what_is_no_plain_yaml_is_refused_at_its_line(content: bytes, message: str) -> None:
    """A file that is no YAML, or hides more than it shows, is refused, and the line is named."""
    Path("c.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        compose(Path("c.yaml"))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "reason"), [("none.yaml", "no such file or directory"), (".", "is a directory")]
)
def test_a_file_that_cannot_be_read_is_named(path: str, reason: str) -> None:
    """A file that is not there, or is none, is named together with what to do."""
    with pytest.raises(ConfigError) as caught:
        compose(Path(path))
    assert (
        str(caught.value)
        == f"{path} cannot be read: {reason}; name a readable file, or none for the defaults"
    )


def test_no_more_of_a_file_is_read_than_is_allowed() -> None:
    """A file without an end is refused like any other that is too large."""
    with pytest.raises(ConfigError, match=r"^/dev/zero is larger than 1 MiB"):
        compose(Path("/dev/zero"))


def test_a_byte_order_mark_is_no_text() -> None:
    """A byte order mark at the start, which some editors write, is left out."""
    path = Path("c.yaml")
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert compose(path).text == "a: 1\n"
