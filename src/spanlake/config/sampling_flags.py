"""The flags of `spanlake sample`, which stand above `tail_sampling` of the configuration."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import ValidationError

from spanlake.config.overrides import flag
from spanlake.config.problems import first_error, quoted
from spanlake.config.sampling import TailSampling
from spanlake.config.validation import broken_rule

_KEPT = ("errors", "slower_than", "dearer_than", "assessed", "scored_below", "failed")


@dataclass(frozen=True, slots=True)
class TailFlags:
    """As typed; None where the configuration counts. scored_below: by name, NAME=VALUE."""

    decision_wait: str | None = None
    sampling_percentage: float | None = None
    errors: bool | None = None
    slower_than: str | None = None
    dearer_than: float | None = None
    assessed: bool | None = None
    scored_below: Mapping[str, float] | None = None
    failed: tuple[str, ...] | None = None


def with_tail_flags(settings: TailSampling, flags: TailFlags) -> TailSampling:
    """Set flags on top. ConfigError for one against its rule."""
    values = settings.model_dump()
    given = {name: value for name, value in asdict(flags).items() if value is not None}
    values["keep"] |= {name: given.pop(name) for name in _KEPT if name in given}
    try:
        return TailSampling.model_validate(values | given)
    except ValidationError as error:
        problems = []
        for detail in error.errors(include_url=False):
            name = next(str(part) for part in reversed(detail["loc"]) if hasattr(flags, str(part)))
            problems.append(
                f"{flag(name)} is {quoted(str(detail['input'])) or 'empty'}: "
                f"{broken_rule(detail).rule}; correct the flag or leave it out"
            )
        raise first_error(problems) from None
