"""A gate as JUnit XML, the format that every CI shows as tests: a check a test case."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from spanlake.evaluation.statistics.check import Check
from spanlake.evaluation.statistics.gate import GateResult

MAX_ROWS = 50
"""So many flipped rows are listed in a failure."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gate_junit(result: GateResult) -> str:
    """The checks of a gate; a failed one lists the rows that turned from pass to fail."""
    name = _text(f"gate of {result.run}")
    counts = {"tests": str(len(result.checks)), "failures": str(len(result.failed)), "errors": "0"}
    suites = Element("testsuites", {"name": "spanlake", **counts})
    suite = SubElement(suites, "testsuite", {"name": name, **counts, "skipped": "0"})
    for check in result.checks:
        case = SubElement(
            suite,
            "testcase",
            {"classname": f"spanlake.gate.{check.kind}", "name": _text(check.subject)},
        )
        if check.passed:
            SubElement(case, "system-out").text = _text(check.message)
        else:
            message = _text(check.message)
            failure = SubElement(case, "failure", {"message": message, "type": check.kind})
            failure.text = "\n".join([message, *_rows(result, check)])
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _rows(result: GateResult, check: Check) -> list[str]:
    if check.kind not in {"regression", "non_inferiority"}:
        return []
    broken = [
        row
        for row in result.flipped
        if row.scorer == check.subject and row.direction == "pass_to_fail"
    ]
    lines = [
        f"from pass to fail: {row.record_id}"
        + (f", trace {row.candidate_trace_id}" if row.candidate_trace_id else "")
        for row in broken[:MAX_ROWS]
    ]
    if len(broken) > MAX_ROWS:
        lines.append(f"and {len(broken) - MAX_ROWS} more")
    return [_text(line) for line in lines]


def _text(text: str) -> str:
    """The text without the characters XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
