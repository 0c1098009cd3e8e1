import pytest
from scoring import score

from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.detector import detectors
from spanlake.scorers import LanguageMatch, PIIDetection, SecretDetection

RANDOM = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
"""Looks like a key, and is none."""


def kinds(text: str) -> set[str]:
    return set(score(PIIDetection(), outputs=text).metadata)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("email", ["ada@example.com", "mail: a.b+c@mail.example.co.uk.", "josé@bücher.example"]),
        ("phone", ["555-123-4567", "(555) 123-4567", "+49 30 901820", "+14155552671", "555-1234"]),
        ("ssn", ["078-05-1120", "ssn 219 09 9999,"]),
        ("credit_card", [  # numbers that the networks publish for tests
            "4111 1111 1111 1111", "4111111111111111", "5555-5555-5555-4444", "378282246310005",
            "6011111111111117", "30569309025904", "3530111333300000",
        ]),
        ("ip_address", ["10.1.2.3", "2001:db8::1", "fe80::1ff:fe23:4567:890a"]),
        ("iban", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"]),
    ],
)  # fmt: skip
def test_personal_data_is_found(kind: str, texts: list[str]) -> None:
    """Each kind is found in the forms in which people write it."""
    assert {text: kind in kinds(f"this is {text} ok") for text in texts} == dict.fromkeys(
        texts, True
    )


@pytest.mark.parametrize(
    "text",
    [
        "Your order 4111 1111 1111 1112 of 2024-01-02, 12:30:45, for 1,234.56 EUR",
        "version 1.2.3.4.5 at 300.1.1.1, localhost 127.0.0.1 and ::1, C++ std::vector",
        "000-12-3456 and 666-12-3456 and 901-12-3456 are no social security numbers",
        "DE00 3704 0044 0532 0130 00 has wrong check digits",
        "user@localhost, @handle, a @ b . com, 0000 0000 0000 0000",
        "ISBN 978-3-16-148410-0, commit 1b2c3d4e5f6a7b8c9d0e",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "",
    ],
)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    """Wrong checksums, dates, versions and identifiers are no personal data."""
    feedback = score(PIIDetection(), outputs=text)
    assert (feedback.value, feedback.rationale, dict(feedback.metadata)) == ("yes", None, {})


def test_the_rationale_says_where_and_not_what() -> None:
    """Kinds and places are told, the data itself never."""
    feedback = score(PIIDetection(), outputs={"to": ["ada@example.com", "bob@example.com"]})
    assert feedback.value == "no"
    assert feedback.rationale == "email at 8-23, email at 26-41"
    assert dict(feedback.metadata) == {"email": "2"}
    assert "ada@" not in repr(feedback)


def test_kinds_can_be_chosen() -> None:
    """Only the chosen kinds count; one that does not exist is refused."""
    chosen = PIIDetection(pii_types=["phone"])
    assert score(chosen, outputs="ada@example.com").value == "yes"
    with pytest.raises(UserError, match="pii_types of the scorer pii_detection is 'name'"):
        PIIDetection(pii_types=["name"])


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("private_key", "-----BEGIN RSA PRIVATE " + "KEY-----"),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + RANDOM),
        ("aws_access_key_id", "AKIA" + "QYLPMN5HFIQR7XYA"),
        ("github_token", "ghp_" + RANDOM + "zZ9x"),
        ("github_token", "github_pat_" + RANDOM[:22] + "_" + RANDOM + RANDOM[:27]),
        ("gitlab_token", "glpat-" + RANDOM[:20]),
        ("slack_token", "xoxb-" + "123456789012-" + RANDOM[:24]),
        (
            "slack_webhook",
            "https://hooks.slack.com/services/" + "T00000000/B00000000/" + RANDOM[:24],
        ),
        ("stripe_key", "sk_" + "live_" + RANDOM[:24]),
        ("google_api_key", "AIza" + RANDOM + "_-9"),
        ("openai_key", "sk-proj-" + RANDOM + RANDOM[:16]),
        ("anthropic_key", "sk-ant-" + "api03-" + RANDOM + RANDOM),
        ("huggingface_token", "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"),
        ("npm_token", "npm_" + RANDOM + "zZ9x"),
        ("pypi_token", "pypi-" + "AgEIcHlwaS5vcmc" + RANDOM + RANDOM),
        ("sendgrid_key", "SG." + RANDOM[:22] + "." + RANDOM + RANDOM[:11]),
        ("twilio_key", "SK" + "0123456789abcdef" * 2),
        ("telegram_bot_token", "123456789:" + "AA" + RANDOM + "x"),
        ("databricks_token", "dapi" + "0123456789abcdef" * 2),
        ("azure_storage_key", "AccountKey=" + (RANDOM * 3)[:86] + "=="),
        ("password_in_url", "postgres://app:" + "h4rdT0Gu3ss@db.internal/x"),
        ("assigned_secret", "api_key = '" + RANDOM + "'"),
        ("assigned_secret", "password: c0rrect-H0rse_battery"),
    ],
)
def test_secrets_are_found(kind: str, secret: str) -> None:
    """Keys and tokens in the forms of those who issue them are found, and not repeated."""
    feedback = score(SecretDetection(), outputs=f"Here it is: {secret}\nKeep it.")
    assert feedback.value == "no"
    assert kind in feedback.metadata
    assert secret not in repr(feedback)


def test_every_kind_of_secret_has_an_example() -> None:
    """The test above knows all rows of the table."""
    (mark,) = (
        each
        for each in test_secrets_are_found.pytestmark  # type: ignore[attr-defined]  # pytest's
    )
    assert {kind for kind, _ in mark.args[1]} == set(detectors("secrets.toml"))


@pytest.mark.parametrize(
    "text",
    [
        "AKIAXXXXXXXXXXXXXXXX and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx are placeholders",
        "postgres://user:password@localhost/db, redis://:<password>@host, http://host:8080/a@b",
        "password: ************, api_key = 'your-api-key', the password is wrong",
        "Basic tokens are counted; the secret of good bread is time. sk-learn, sk_live",
        "-----BEGIN PUBLIC KEY-----",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "",
    ],
)
def test_placeholders_and_prose_are_no_secrets(text: str) -> None:
    """What documentation writes in place of secrets is none."""
    feedback = score(SecretDetection(), outputs=text)
    assert (feedback.value, feedback.rationale) == ("yes", None)


@pytest.mark.parametrize(
    "unit",
    ["a@", "1-", "a.a.", "1.1.1.", "::", "+1 ", "GB82 WEST ", "4111 1111 ", "eyJaaaaaaaaa.", "x://a:",
     "password=", "-----BEGIN ", "api key "],
)  # fmt: skip
def test_hostile_texts_take_no_longer_than_others(unit: str) -> None:
    """Texts made of beginnings of everything do not make the patterns try again and again."""
    text = unit * (100_000 // len(unit))
    for scorer in (PIIDetection(), SecretDetection()):
        assert score(scorer, outputs=text).error is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Your parcel will arrive on Monday, between nine and eleven in the morning."),
        ("de", "Ihr Paket kommt am Montag zwischen neun und elf Uhr vormittags an."),
        ("fr", "Votre colis arrivera lundi entre neuf et onze heures du matin."),
        ("es", "Su paquete llegará el lunes entre las nueve y las once de la mañana."),
        ("ja", "お荷物は月曜日の午前九時から十一時の間に到着する予定です。よろしくお願いします。"),
        ("zh", "您的包裹将于星期一上午九点到十一点之间送达。谢谢您的耐心等待。"),
        ("ru", "Ваша посылка прибудет в понедельник, утром, от девяти до одиннадцати."),
    ],
)
def test_languages_are_told_apart(language: str, text: str) -> None:
    """A sentence is in its own language, and in no other; a region does not matter."""
    assert score(LanguageMatch(language=language), outputs=text).value is True
    other = "pt" if language != "pt" else "en"
    assert score(LanguageMatch(language=other), outputs=text).value is False
    expectations = {"expected_language": f"{language.upper()}-XX"}
    assert score(LanguageMatch(), outputs=text, expectations=expectations).value is True


def test_short_texts_and_code_have_no_language() -> None:
    """There is no verdict on a few words; code and URLs are not read."""
    assert score(LanguageMatch(language="en"), outputs="Ok, danke!").value is None
    code = (
        "```python\nfor value in values: print(value)\n``` https://example.com/a/long/english/path"
    )
    assert score(LanguageMatch(language="de"), outputs=code).value is None
    with pytest.raises(UserError, match="language of the scorer language_match is 'klingon'"):
        LanguageMatch(language="klingon")
