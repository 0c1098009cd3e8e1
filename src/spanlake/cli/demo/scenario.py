"""What the demo's support agent knows, may do and is asked, and how the model double answers."""

from dataclasses import dataclass

AGENT = "support-agent"
AGENT_DESCRIPTION = "Answers questions about orders."
HELP_CENTRE = "help-centre"
USER = "user-42"
ROUTING_MODEL = "gpt-4o-mini"
ANSWERING_MODEL = "gpt-4o"
INSTRUCTIONS = (
    "You are the support agent of a shop for outdoor clothes. Answer from the articles of the "
    "help centre and from what the tools tell you. Never promise what a tool has not confirmed. "
    "Be brief and kind."
)


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the help centre."""

    id: str
    text: str


ARTICLES = (
    Article("delivery", "Delivery takes two to four working days; every parcel can be tracked."),
    Article("returns", "You may return what you ordered within 30 days; we pay the return parcel."),
    Article("refunds", "A refund is sent back the way you paid, at most 5 days after the return."),
    Article("sizes", "Jackets run small: if you are between two sizes, take the larger one."),
    Article("gift-cards", "Gift cards are valid for three years and can pay for any order."),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call; its only argument is the number of an order."""

    name: str
    description: str

    @property
    def parameters(self) -> dict[str, object]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": {"order_id": {"type": "string"}},
            "required": ["order_id"],
        }


LOOK_UP_ORDER = Tool("look_up_order", "Say what was ordered, and where the parcel is.")
REFUND_ORDER = Tool("refund_order", "Send the money of a returned order back.")
TOOLS = (LOOK_UP_ORDER, REFUND_ORDER)

ORDERS = {
    "A-1001": {
        "item": "rain jacket",
        "price_usd": 129.0,
        "state": "on its way",
        "arrives": "Friday",
    },
    "A-1002": {"item": "wool socks", "price_usd": 18.5, "state": "delivered", "arrived": "Monday"},
    "A-1003": {"item": "tent", "price_usd": 349.0, "state": "returned", "arrived": "Tuesday"},
}


class PaymentTimeoutError(Exception):
    """The payment provider did not answer: how the demo's one failure looks."""


def description_of(tool: str) -> str:
    """What a tool says it does."""
    return next(each.description for each in TOOLS if each.name == tool)


def call_tool(name: str, order_id: str) -> dict[str, object]:
    """Do what a tool does; PaymentTimeoutError for any refund, for that service is down."""
    if name == REFUND_ORDER.name:
        raise PaymentTimeoutError(f"the payment provider did not answer for order {order_id}")
    return dict(ORDERS[order_id])


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, the tools the model double calls for it, and its answer after that."""

    question: str
    order_id: str
    tools: tuple[Tool, ...]
    answer: str


TURNS = (
    Turn(
        "Where is my rain jacket, order A-1001?",
        "A-1001",
        (LOOK_UP_ORDER,),
        "Your rain jacket is on its way and should be with you on Friday.",
    ),
    Turn(
        "Can I still return the wool socks of order A-1002?",
        "A-1002",
        (LOOK_UP_ORDER,),
        "Yes. They arrived on Monday, you have 30 days, and we pay for the return parcel.",
    ),
    Turn(
        "I sent the tent of order A-1003 back. Please refund it.",
        "A-1003",
        (LOOK_UP_ORDER, REFUND_ORDER),
        "Your tent has arrived. I could not start the refund just now, because the payment "
        "provider does not answer; a colleague will send it today.",
    ),
)
