"""Why a model gave no reply.

ModelError
├── TransientModelError      the same request may succeed later
│   ├── RateLimitedError     429: too much at once
│   ├── UnavailableError     5xx, or the connection failed or broke off
│   ├── ModelTimeoutError    no whole reply in time
│   └── MalformedReplyError  a reply that is not what the protocol says
├── RejectedRequestError     the provider does not take the request
│   ├── AccessDeniedError    the key is missing, wrong, or may not use the model
│   ├── UnknownModelError    the provider has no such model
│   └── QuotaExhaustedError  the account has no credit left
├── ReplyTooLargeError       the reply is over the limit on its bytes
├── UnpricedModelError       there is a budget, and no known price to hold it by
└── BudgetExceededError      the run may not spend what the call could cost
"""

from typing import ClassVar, Final

from spanlake.errors import SpanlakeError, UserError


class ModelError(SpanlakeError):
    """A model call without a reply. error_code: how assessments name it."""

    error_code: ClassVar[str] = "MODEL_ERROR"


class ModelSetupError(UserError):
    """A model cannot be asked at all: it is not named, or has no key, no address or no price.

    No error of one row: it ends a run, for every other row would fail as well.
    """


class TransientModelError(ModelError):
    """The same request may succeed later. retry_after: seconds the provider asked to wait."""

    error_code: ClassVar[str] = "MODEL_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimitedError(TransientModelError):
    """The provider wants fewer requests at once."""

    error_code: ClassVar[str] = "MODEL_RATE_LIMITED"


class UnavailableError(TransientModelError):
    """The provider failed, or the connection to it."""


class ModelTimeoutError(TransientModelError):
    """There was no whole reply in time."""

    error_code: ClassVar[str] = "MODEL_TIMEOUT"


class MalformedReplyError(TransientModelError):
    """The reply is not what the protocol says."""

    error_code: ClassVar[str] = "MODEL_REPLY_MALFORMED"


class RejectedRequestError(ModelError):
    """The provider does not take the request, and would not take it again.

    parameter: the one it complains of, where it names one.
    """

    error_code: ClassVar[str] = "MODEL_REQUEST_REJECTED"

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class AccessDeniedError(RejectedRequestError):
    """The key is missing, wrong, or may not use the model."""

    error_code: ClassVar[str] = "MODEL_ACCESS_DENIED"


class UnknownModelError(RejectedRequestError):
    """The provider has no such model."""

    error_code: ClassVar[str] = "MODEL_UNKNOWN"


class QuotaExhaustedError(RejectedRequestError):
    """The account has no credit left."""

    error_code: ClassVar[str] = "MODEL_QUOTA_EXHAUSTED"


class ReplyTooLargeError(ModelError):
    """The reply is larger than a reply may be."""

    error_code: ClassVar[str] = "MODEL_REPLY_TOO_LARGE"


class UnpricedModelError(ModelError):
    """There is a budget, and the model has no known price. The call was not made."""

    error_code: ClassVar[str] = "MODEL_UNPRICED"


class BudgetExceededError(ModelError):
    """The run may not spend what the call could cost. The call was not made."""

    error_code: ClassVar[str] = "BUDGET_EXCEEDED"


DENIED: Final = frozenset(
    kind.error_code for kind in (AccessDeniedError, UnknownModelError, QuotaExhaustedError)
)
"""The codes of errors that every other request to the model will have, too."""

UNANSWERED: Final = frozenset(
    kind.error_code
    for kind in (
        RateLimitedError,
        UnavailableError,
        ModelTimeoutError,
        MalformedReplyError,
        AccessDeniedError,
        UnknownModelError,
        QuotaExhaustedError,
        UnpricedModelError,
        BudgetExceededError,
    )
)
"""The codes of errors that say nothing of the request: it may be answered another day.

SQL has the same ones in the macro `lake.is_unanswered`.
"""
