"""Every error of Spanlake's own.

SpanlakeError
├── UserError                  the user's mistake: no traceback, exit status 2
│   ├── ConfigError            a line of otel-config.yaml
│   └── NotFoundError          a trace, file or directory that is not there
└── RequestError               why a request was not accepted; receivers put it in their words
    ├── MalformedError         the bytes are not what they claim to be: final
    ├── UnreadableError        a request that uncovers a fault of ours: final
    ├── TooLargeError          over a configured limit: final
    ├── UnsupportedMediaError  a content type or encoding OTLP/HTTP does not have: final
    ├── SlowBodyError          the body did not arrive in time: final
    ├── UnauthenticatedError   nobody knows who asks: final
    ├── ForbiddenError         whoever asks may not: final
    └── OverloadedError        not now: the client is told when to come again
        └── QuotaError         not now, because this key has sent its share
"""


class SpanlakeError(Exception):
    """The root of all errors of Spanlake's own."""


class UserError(SpanlakeError):
    """A mistake of the user: the thing as typed, its value, the rule and the next step."""


class ConfigError(UserError):
    """A mistake in otel-config.yaml, with its file and line."""


class NotFoundError(UserError):
    """Something the user named is not there."""


class RequestError(SpanlakeError):
    """A request that was not accepted."""


class MalformedError(RequestError):
    """The request cannot be decoded; sending it again cannot help."""


class UnreadableError(RequestError):
    """The request is legal, yet Spanlake fails on it; the fault is Spanlake's."""


class TooLargeError(RequestError):
    """The request is over a size limit; sending it again cannot help."""


class UnsupportedMediaError(RequestError):
    """The content type or content encoding is none that OTLP/HTTP has."""


class SlowBodyError(RequestError):
    """The body of the request did not arrive in time."""


class UnauthenticatedError(RequestError):
    """The request has no credential, or one that is not or no longer valid."""


class ForbiddenError(RequestError):
    """Whoever sends the request may not do this."""


class OverloadedError(RequestError):
    """The request cannot be stored now; the same request may succeed later.

    retry_after: seconds the client should wait.
    """

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaError(OverloadedError):
    """The key of the request has sent as much as it may for now."""
