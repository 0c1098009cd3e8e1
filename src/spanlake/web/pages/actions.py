"""What is done with traces: exported, compared, assessed."""

import io
from typing import get_args
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spanlake.access.cross_site import check_origin
from spanlake.access.principal import principal_of
from spanlake.entities import AssessmentSource, Expectation, Feedback, SourceType
from spanlake.entities.assessment import AssessmentValue
from spanlake.errors import UserError
from spanlake.storage.assessments.entry import Entry, Target
from spanlake.storage.assessments.log import log_assessments
from spanlake.storage.export import OtlpFormat, write_otlp, write_spans
from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_outline import TraceOutline, read_trace_outline
from spanlake.storage.results.formats import ResultFormat
from spanlake.storage.traces import full_trace_id
from spanlake.web.pages.forms import ids_of, read_form
from spanlake.web.pages.rendering import render
from spanlake.web.services import Services

_WORDS = {"yes": True, "true": True, "no": False, "false": False}


class TraceActions:
    """Export, comparison and assessment of traces."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def export(self, request: Request) -> Response:
        """Traces as a file: as they were sent, or as rows of the view `spans`."""
        ids = ids_of(request.query_params.get("ids", ""))
        output_format = request.query_params.get("format", "otlp-json")

        def read(lake: Lake) -> bytes:
            sink = io.BytesIO()
            whole = [full_trace_id(lake, each) for each in ids]
            if output_format in get_args(OtlpFormat):
                write_otlp(lake, whole, output_format, sink)  # type: ignore[arg-type]  # it is one
            elif output_format in get_args(ResultFormat):
                write_spans(lake, whole, output_format, sink)  # type: ignore[arg-type]  # it is one
            else:
                raise UserError(f"format is {output_format[:20]!r}: must be otlp-json or jsonl")
            return sink.getvalue()

        body = await self._services.lakes.ask(read)
        name = f"trace-{ids[0][:12]}" if len(ids) == 1 else f"{len(ids)}-traces"
        ending = {"otlp-json": "otlp.jsonl", "otlp-proto": "otlp.pb"}.get(
            output_format, output_format
        )
        return Response(
            body,
            media_type="application/octet-stream",
            headers={
                "content-disposition": f'attachment; filename="{_safe(name)}.{ending}"',
                "x-content-type-options": "nosniff",
            },
        )

    async def compare(self, request: Request) -> Response:
        """Two traces side by side."""
        ids = ids_of(request.query_params.get("ids", ""))
        if len(ids) != 2:  # noqa: PLR2004  # side by side are two
            raise UserError(f"{len(ids)} traces are selected: select two to compare them")

        def read(lake: Lake) -> list[TraceOutline]:
            return [read_trace_outline(lake, each) for each in ids]

        return render(request, "compare.html", outlines=await self._services.lakes.ask(read))

    async def assess_trace(self, request: Request) -> Response:
        """Add an assessment of a trace or a span from the form of a page."""
        check_origin(request, ())
        fields, who = await read_form(request), principal_of(request).source_id
        trace_id = request.path_params["trace_id"]
        span_id = fields.get("span_id") or None

        def store(lake: Lake) -> str:
            whole = full_trace_id(lake, trace_id)
            self._log(lake, Target(trace_id=whole, span_id=span_id), fields, who)
            return whole

        whole = await self._services.lakes.ask(store)
        after = f"?span={_safe(span_id)}&tab=assessments" if span_id else ""
        return RedirectResponse(f"/traces/{whole}{after}", 303)

    async def assess_session(self, request: Request) -> Response:
        """Add an assessment of a session from the form of its page."""
        check_origin(request, ())
        fields, who = await read_form(request), principal_of(request).source_id
        session_id = request.query_params.get("id", "")
        await self._services.lakes.ask(
            lambda lake: self._log(lake, Target(session_id=session_id), fields, who)
        )
        return RedirectResponse(f"/sessions/{quote(session_id)}", 303)

    def _log(self, lake: Lake, target: Target, fields: dict[str, str], who: str | None) -> None:
        # Whoever has signed in is who they are, whatever the form says.
        source = AssessmentSource(SourceType.HUMAN, who or fields.get("source_id") or "default")
        name, value = fields.get("name", ""), _value(fields.get("value", ""))
        rationale = fields.get("rationale") or None
        said: Feedback | Expectation
        if fields.get("kind") == "expectation":
            metadata = {"rationale": rationale} if rationale else {}
            said = Expectation(name=name, value=value, source=source, metadata=metadata)
        else:
            said = Feedback(name=name, value=value, rationale=rationale, source=source)
        entry = Entry(target=target, said=said)
        log_assessments(lake, [entry], append_rows=self._services.assessments.append)


def _value(text: str) -> AssessmentValue:
    """What was typed: yes and no are truth, JSON is what it says, anything else is words."""
    stripped = text.strip()
    if not stripped:
        raise UserError("Value is empty: must be yes, no, a number or words")
    if stripped.lower() in _WORDS:
        return _WORDS[stripped.lower()]
    try:
        value: AssessmentValue = orjson.loads(stripped)
    except orjson.JSONDecodeError:
        return stripped
    return value


def _safe(text: str) -> str:
    return "".join(each for each in text if each.isalnum() or each == "-")
