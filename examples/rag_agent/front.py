"""The web server in front: questions come in, answers and thumbs go out."""

import os

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

import agent
import spanlake

spanlake.init(service_name="help-front", experiment="rag-agent")
spanlake.set_app_version(os.environ.get("APP_VERSION", "v1"), params={"model": agent.model.MODEL})
app = FastAPI()


class Question(BaseModel):
    """What somebody asks, and in which conversation."""

    question: str
    session_id: str
    user_id: str


class Thumb(BaseModel):
    """What somebody thinks of an answer."""

    trace_id: str
    is_up: bool
    comment: str | None = None
    user_id: str


def _identify(asked: Question, response: Response) -> None:
    """Say whose trace this is, and tell the browser its id."""
    spanlake.update_current_trace(session_id=asked.session_id, user_id=asked.user_id)
    response.headers["x-trace-id"] = spanlake.get_current_trace_id() or ""


@app.post("/ask")
@spanlake.trace(name="POST /ask", span_type="CHAIN", capture_inputs=False)
def ask(asked: Question, response: Response) -> str:
    """Answer in one piece."""
    _identify(asked, response)
    return agent.answer(asked.question)


@app.post("/ask-async")
@spanlake.trace(name="POST /ask-async", span_type="CHAIN", capture_inputs=False)
async def ask_async(asked: Question, response: Response) -> str:
    """Answer in one piece, without a thread a request."""
    _identify(asked, response)
    return await agent.answer_async(asked.question)


@app.post("/ask-stream")
async def ask_stream(asked: Question) -> StreamingResponse:
    """Answer word by word."""
    # The span of the handler ends before the first word is sent; the agent's goes on, below it.
    with spanlake.span("POST /ask-stream", "CHAIN"):
        response = StreamingResponse(agent.answer_stream(asked.question), media_type="text/plain")
        _identify(asked, response)
    return response


@app.post("/feedback")
def feedback(thumb: Thumb) -> str:
    """Put a thumb on the trace of an answer."""
    assessment = spanlake.log_feedback(
        trace_id=thumb.trace_id,
        name="thumb",
        value=thumb.is_up,
        rationale=thumb.comment,
        source=spanlake.AssessmentSource("HUMAN", thumb.user_id),
    )
    return assessment.assessment_id


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
