"""The table of what each instrumentor's traces say, in Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from facts import FACTS, Verdicts
from otlp_requests import CORPUS, FOLDERS
from told_otherwise import TOLD_OTHERWISE
from verdict import Grade

_NOT_SENT = "\N{EN DASH}"

_HEAD = """\
# Instrumentors

What SQL says of the traces of {folders} instrumentors, judged by what the {captures} small apps
that sent them really did. `just instrumentors` draws this page anew, and a test compares it on
every change: what the unmodified packages sent (`tests/data/corpus/`) goes through the normaliser
into a lake, and only the public [views](sql.md) are asked.

A cell says in how many captures a fact is told as it was: `✓ 8` in all eight that say it, `✗ 7/8`
in seven of them, `{not_sent}`: no capture says it, or the apps did nothing of the kind.
"""

_TOLD_OTHERWISE = """\
Some tell a fact otherwise than it was, and send nothing to tell it by. There SQL says what they do:
"""

_MEANINGS = {
    "traces": "as many traces and spans as were sent",
    "model calls": "as many rows of `llm_calls` as calls of models, however many spans report one",
    "model": "which model was asked for, and which one answered",
    "input tokens": "their sum over `llm_calls`, with those read from a cache, and of embeddings",
    "output tokens": "their sum over `llm_calls`, with those of reasoning",
    "input text": "what the user asked last: `traces.input` to the letter, and a message of a call",
    "output text": "what the app answered: `traces.output` to the letter, and a message of a call",
    "tools": "the tools called, as spans or in messages, with their arguments",
    "documents": "what a retriever found, in order",
    "session": "`session_id` of every trace",
    "user": "`user_id` of every trace",
    "error": "whether something failed, and with what message; a failure that the app survived is "
    "only its span's",
}


def instrumentor_table(verdicts: Mapping[str, Verdicts]) -> str:
    """The page. verdicts: by name of the capture, of the whole corpus."""
    parts = [
        _HEAD.format(folders=len(FOLDERS), captures=len(verdicts), not_sent=_NOT_SENT),
        "\n".join(f"- **{fact}**: {_MEANINGS[fact]}" for fact in FACTS),
        "\n".join(_rows(verdicts)),
        _TOLD_OTHERWISE,
        "\n".join(f"- `{told.capture}`: {told.why}" for told in TOLD_OTHERWISE),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _rows(verdicts: Mapping[str, Verdicts]) -> Iterable[str]:
    yield f"| capture | package | {' | '.join(FACTS)} |"
    yield f"|---|---|{'---|' * len(FACTS)}"
    for folder in FOLDERS:
        meta = json.loads((CORPUS / folder / "meta.json").read_text("utf-8"))
        package, version = next(iter(meta["packages"].items()))
        of_folder = [of for name, of in verdicts.items() if name.startswith(f"{folder}/")]
        cells = (_cell(Counter(of[fact].grade for of in of_folder)) for fact in FACTS)
        yield f"| {folder} | {package} {version} | {' | '.join(cells)} |"


def _cell(grades: Counter[Grade]) -> str:
    right, wrong = grades[Grade.RIGHT], grades[Grade.WRONG]
    if wrong:
        return f"✗ {right}/{right + wrong}"
    return f"✓ {right}" if right else _NOT_SENT
