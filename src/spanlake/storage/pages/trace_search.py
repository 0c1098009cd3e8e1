"""The filter line of the pages: the filter language, or plain words that a trace has to hold."""

import re
from datetime import datetime

from spanlake.storage.condition import Condition, all_of

# What the filter line shows as long as it is empty.
EXAMPLE = "refund, or status = 'ERROR' AND duration > 2s"

_TERM = re.compile(r'"(?P<phrase>[^"]*)"|(?P<word>\S+)')
# Anything that compares, groups or joins makes it the language.
_LANGUAGE = re.compile(r"[=<>()]|(?<!\S)(AND|OR|NOT|IN|IS|LIKE|ILIKE|RLIKE|CONTAINS|BETWEEN)(?!\S)")
_QUOTED = re.compile(r'"[^"]*"')
_HOLDS = """(contains(lower(coalesce(input, '')), $text)
        OR contains(lower(coalesce(output, '')), $text)
        OR contains(lower(coalesce(name, '')), $text)
        OR starts_with(trace_id, $text))"""


def search_condition(search: str, *, now: datetime | None = None) -> Condition:
    """What is true of the traces that a filter line means. FilterError for one that means nothing.

    Words, and a "phrase in quotes", are looked for in question, answer and name; now: what `ago`
    counts from.
    """
    if _LANGUAGE.search(_QUOTED.sub("", search)):
        # The grammar is loaded when somebody needs it.
        from spanlake.storage.search.compile import filter_condition

        return filter_condition(search, now=now)
    terms = (found["phrase"] or found["word"] for found in _TERM.finditer(search))
    return all_of([Condition(_HOLDS, {"text": term.lower()}) for term in terms if term])
