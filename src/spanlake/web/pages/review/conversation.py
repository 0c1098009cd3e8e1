"""What a reviewer sees of a whole session: a chat, each turn of which leads to its trace."""

from dataclasses import dataclass
from datetime import datetime

from spanlake.storage.labels.conversation import ReviewedSession
from spanlake.web.pages.review.content import ReviewView, review_view


@dataclass(frozen=True, slots=True)
class TurnView:
    """A trace of the conversation."""

    trace_id: str
    number: int
    view: ReviewView


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A session on the screen. left_out: how many turns more there are."""

    session_id: str
    user_id: str | None
    start_time: datetime | None
    turns: tuple[TurnView, ...]
    left_out: int


def conversation_view(content: ReviewedSession) -> ConversationView:
    """A session as it is shown."""
    turns = tuple(
        TurnView(turn.trace_id, number, review_view(turn))
        for number, turn in enumerate(content.turns, 1)
    )
    return ConversationView(
        session_id=content.session_id,
        user_id=content.user_id,
        start_time=content.start_time,
        turns=turns,
        left_out=content.turn_count - len(turns),
    )
