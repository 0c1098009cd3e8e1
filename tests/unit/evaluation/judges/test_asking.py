import asyncio
import os
from pathlib import Path

import pytest
from asking import PROTOCOLS, QUICK, model_of
from judged import NO, YES, told

from spanlake.entities import Feedback, SourceType
from spanlake.errors import UserError
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers import Sample, score_one
from spanlake.evaluation.scorers.judges import Correctness, Safety
from spanlake.storage.reply_cache import ReplyCache
from spanlake.testing import Answer, Breakage, Fault, FinishReason, ModelServer, OfflineModel, Said

PARIS = {"expected_response": "Paris"}


def judged(said: Said | list[Said]) -> tuple[Feedback, OfflineModel]:
    model = OfflineModel(said)
    return Correctness(model=model)(outputs="Rome", expectations=PARIS), model


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_verdict_carries_its_reason_and_what_it_cost(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the wire a feedback has value, rationale, judge, tokens and cost."""
    with ModelServer(NO) as server:
        judge = Correctness(model=model_of(server, protocol, monkeypatch))
        feedback = judge(inputs="capital?", outputs="Rome", expectations=PARIS)
        (request,) = server.requests
    assert (feedback.name, feedback.value, feedback.rationale) == (
        "correctness",
        "no",
        "it is not so",
    )
    assert feedback.source is not None
    assert feedback.source.source_type == SourceType.LLM_JUDGE
    assert feedback.metadata["judge_model"] == feedback.source.source_id
    assert int(feedback.metadata["judge_input_tokens"]) > 100
    assert int(feedback.metadata["judge_output_tokens"]) > 1
    assert float(feedback.metadata["judge_cost_usd"]) > 0
    assert request.temperature == 0.0
    assert request.response_schema is not None


def test_a_wrong_form_is_given_back_once() -> None:
    """An answer that is no verdict is returned with what is wrong, and the next one counts."""
    feedback, model = judged(["The verdict is yes!", YES])
    assert feedback.value == "yes"
    first, second = model.requests
    assert "Invalid JSON" in second.messages[-1].text
    assert second.messages[: len(first.messages)] == first.messages
    assert feedback.metadata["judge_output_tokens"] == str(5 + 11)


def test_a_judge_that_gives_no_verdict_is_an_error() -> None:
    """After two wrong answers there is no value, and what they cost is still told."""
    feedback, model = judged("I would say yes.")
    assert feedback.value is None
    assert feedback.error is not None
    assert feedback.error.error_code == "JUDGE_VERDICT_INVALID"
    assert "I would say yes." in str(feedback.error.error_message)
    assert len(model.requests) == 2
    assert int(feedback.metadata["judge_output_tokens"]) == 8


def test_a_judge_that_ran_out_of_tokens_gets_more_room() -> None:
    """A verdict that was cut off is asked for again with a larger limit."""
    feedback, model = judged([Answer('{"rationale": "', finish_reason=FinishReason.LENGTH), YES])
    assert feedback.value == "yes"
    assert model.requests[1].max_tokens == 4 * model.requests[0].max_tokens


def test_a_refusal_is_an_error_and_not_a_verdict() -> None:
    """A model that will not judge is not asked to repair that."""
    feedback, model = judged(Answer("I can't.", finish_reason=FinishReason.CONTENT_FILTER))
    assert feedback.error is not None
    assert feedback.error.error_code == "JUDGE_REFUSED"
    assert len(model.requests) == 1


def test_a_judge_may_abstain() -> None:
    """Null is no verdict and no error, and its reason is kept."""
    feedback, _ = judged({"rationale": "the response is cut off", "verdict": None})
    assert (feedback.value, feedback.error) == (None, None)
    assert feedback.rationale == "the response is cut off"
    assert feedback.metadata["abstained"] == "true"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(401), "MODEL_ACCESS_DENIED"),
        (Fault(500), "MODEL_UNAVAILABLE"),
        (Fault(breakage=Breakage.NO_JSON), "MODEL_REPLY_MALFORMED"),
        (Fault(429, retry_after=9999), "MODEL_RATE_LIMITED"),
    ],
)
def test_a_model_that_fails_is_an_error_in_the_feedback(fault: Fault, code: str) -> None:
    """Why there is no verdict is told by a code that programs can tell apart."""
    with use_port(ModelPort(retry=QUICK)):
        feedback, _ = judged(fault)
    assert feedback.error is not None
    assert feedback.error.error_code == code
    # Where spans go, the judge's trace is named as well.
    told = {key: value for key, value in feedback.metadata.items() if key != "judge_trace_id"}
    assert told == {"judge_model": "offline:/double"}


def test_without_a_model_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that was told no model names the variable, the parameter and the forms."""
    monkeypatch.delenv("SPANLAKE_JUDGE_MODEL", raising=False)
    with pytest.raises(UserError, match=r"SPANLAKE_JUDGE_MODEL.*model=.*openai:/"):
        Safety()(outputs="hello")


def test_the_environment_names_the_model_of_all_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """SPANLAKE_JUDGE_MODEL counts where a judge names none, and for its digest."""
    monkeypatch.setenv("SPANLAKE_JUDGE_MODEL", "offline:/overlap")
    judge = Safety()
    assert judge(outputs="hello").metadata["judge_model"] == "offline:/overlap"
    assert judge.digest == Safety(model="offline:/overlap").digest
    assert judge.digest != Safety(model="openai:/gpt-4o").digest


def test_a_mistake_in_a_models_name_is_told_when_the_judge_is_made() -> None:
    """Nobody waits for a run to learn of it."""
    with pytest.raises(UserError, match="nobody:/x"):
        Safety(model="nobody:/x")
    with pytest.raises(UserError, match="offline:/overlap"):
        Safety(model="offline:/other")(outputs="x")


def test_a_run_awaits_judges_in_its_own_event_loop() -> None:
    """Many samples are judged at once, through the port of the run."""
    model = OfflineModel(Answer(YES, delay=0.05))
    judge = Correctness(model=model)
    port = ModelPort(concurrency=100)

    async def run() -> list[Feedback]:
        with use_port(port):
            samples = [
                Sample(target_id=str(n), outputs=f"Rome {n}", expectations=PARIS) for n in range(50)
            ]
            scored = await asyncio.gather(*(score_one(judge, sample) for sample in samples))
        await port.aclose()
        return [feedback for (feedback,) in scored]

    assert {feedback.value for feedback in asyncio.run(run())} == {"yes"}
    assert port.spending.calls == 50


def test_no_judgement_is_paid_for_twice(tmp_path: Path) -> None:
    """A judge that is asked again about the same finds its verdict in the cache of the lake."""
    model = OfflineModel(YES)
    for _ in range(2):
        with ReplyCache(tmp_path) as store, use_port(ModelPort(store=store)):
            feedback = Correctness(model=model)(outputs="Paris", expectations=PARIS)
    assert len(model.requests) == 1
    assert feedback.metadata["judge_cost_usd"] == "0"
    assert feedback.metadata["judge_cached_calls"] == "1"
    assert feedback.metadata["judge_output_tokens"] == "0"


def test_a_judgement_that_failed_is_made_again(tmp_path: Path) -> None:
    """No invalid verdict is kept, so that the next run has another try."""
    model = OfflineModel(["nonsense", "nonsense", YES])
    values = []
    for _ in range(2):
        with ReplyCache(tmp_path) as store, use_port(ModelPort(store=store)):
            feedback = Correctness(model=model)(outputs="Paris", expectations=PARIS)
            values.append(feedback.value)
    assert values == [None, "yes"]


def test_no_prompt_tells_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model is told has nothing of the environment in it."""
    with ModelServer(YES) as server:
        name = model_of(server, "openai", monkeypatch)
        Correctness(model=name)(outputs="Paris", expectations=PARIS)
        assert os.environ["OPENAI_API_KEY"] not in told(server.requests[0])
