"""Whether outputs have personal data or secrets in them."""

from collections import Counter
from collections.abc import Sequence

from spanlake.entities import Feedback
from spanlake.evaluation.scorers.builtin.detector import Finding, detectors, find
from spanlake.evaluation.scorers.builtin.given import check_choice, output_text, rating
from spanlake.evaluation.scorers.scorer import Scorer

_SHOWN = 10


class PIIDetection(Scorer):
    """`yes` where the outputs have no personal data, `no` where they do.

    pii_types: email, phone, ssn, credit_card, ip_address and iban; all unless some are chosen.
    Card and account numbers must pass their checksums. What has no form of its own, such as a
    name or a street, is not found. The rationale says kinds and places, never the data.
    """

    pii_types: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_kinds(self, "pii_types", self.pii_types, "pii.toml")

    def __call__(self, *, outputs: object) -> Feedback:
        """The rating."""
        return _feedback(self, outputs, self.pii_types, "pii.toml")


class SecretDetection(Scorer):
    """`yes` where the outputs have no keys, tokens or passwords, `no` where they do.

    secret_types: such as private_key, jwt, aws_access_key_id, github_token or assigned_secret;
    all unless some are chosen. The rationale says kinds and places, never the secret.
    """

    secret_types: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_kinds(self, "secret_types", self.secret_types, "secrets.toml")

    def __call__(self, *, outputs: object) -> Feedback:
        """The rating."""
        return _feedback(self, outputs, self.secret_types, "secrets.toml")


def _check_kinds(scorer: Scorer, parameter: str, kinds: Sequence[str] | None, table: str) -> None:
    for kind in kinds or ():
        check_choice(scorer.name, parameter, kind, detectors(table))


def _feedback(scorer: Scorer, outputs: object, kinds: Sequence[str] | None, table: str) -> Feedback:
    known = detectors(table)
    found = find(output_text(outputs), [known[kind] for kind in (kinds or known)])
    counts = Counter(finding.kind for finding in found)
    return scorer.feedback(
        value=rating(is_good=not found),
        rationale=_places(found) if found else None,
        metadata={kind: str(count) for kind, count in counts.items()},
    )


def _places(found: Sequence[Finding]) -> str:
    shown = [f"{each.kind} at {each.start}-{each.end}" for each in found[:_SHOWN]]
    rest = len(found) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
