"""What a pattern cannot say: check digits, plausible numbers, and what is too plain for a secret.

A check gets a text, and where a pattern was found in it; it returns the parts to take out.
"""

import base64
import binascii
import string
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

Part = tuple[int, int]
Check = Callable[[bytes, int, int], list[Part]]

_DIGITS = frozenset(b"0123456789")
_WORD = frozenset(b"_" + string.ascii_letters.encode() + string.digits.encode())
_SEPARATORS = frozenset(b" -")
_CARD_LENGTHS = range(13, 20)
_PHONE_DIGITS = range(8, 16)
_SHORT_CREDENTIAL = 16
_MANY_REPEATS = 5


def card(text: bytes, start: int, end: int) -> list[Part]:
    """Payment cards: numbers of a network's length and beginning with the right check digit."""
    if _continues(text, end) or _is_fraction(text, start, end):
        return []
    at = [i for i in range(start, end) if text[i] in _DIGITS]
    digits = bytes(text[i] for i in at)
    found: list[Part] = []
    first = 0
    while first + _CARD_LENGTHS.start <= len(digits):
        length = _card_length(text, at, digits, first)
        if length:
            found.append((at[first], at[first + length - 1] + 1))
        first += length or 1
    return found


def _card_length(text: bytes, at: list[int], digits: bytes, first: int) -> int:
    """How many digits of a card begin at this one; 0 for none. A card is its own group."""
    if first and at[first] == at[first - 1] + 1:
        return 0
    for length in reversed(_CARD_LENGTHS):
        last = first + length - 1
        if last >= len(at) or (last + 1 < len(at) and at[last + 1] == at[last] + 1):
            continue
        number = digits[first : last + 1].decode()
        if _network_has(number) and _luhn(number) and _is_grouped(text[at[first] : at[last]]):
            return length
    return 0


def _is_grouped(text: bytes) -> bool:
    """No digit stands alone as in `1 2 3 4`, and one separator is used throughout."""
    groups = text.replace(b"-", b" ").split(b" ")
    return len({c for c in text if c in _SEPARATORS}) <= 1 and all(len(g) > 1 for g in groups)


def _network_has(number: str) -> bool:
    """Whether a card network issues numbers of this beginning and length."""
    two, length = int(number[:2]), len(number)
    match number[0]:
        case "4":
            return length in (13, 16, 19)
        case "5" | "2":
            is_mastercard = two in range(51, 56) or 2221 <= int(number[:4]) <= 2720  # noqa: PLR2004
            return (is_mastercard and length == 16) or (two in (50, 56, 57, 58) and length >= 13)  # noqa: PLR2004
        case "3":
            return (
                (two in (34, 37) and length == 15)  # noqa: PLR2004  # American Express
                or (two in (30, 36, 38, 39) and length == 14)  # noqa: PLR2004  # Diners Club
                or (two == 35 and length >= 16)  # noqa: PLR2004  # JCB
            )
        case "6":
            return length >= 16  # noqa: PLR2004  # Discover, UnionPay, Maestro
        case _:
            return False


def _luhn(number: str) -> bool:
    if len(set(number)) == 1:
        return False
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  # its digits' sum
    return total % 10 == 0


def iban(text: bytes, start: int, end: int) -> list[Part]:
    """Account numbers of a country's length whose check digits are right."""
    length = _iban_lengths().get(text[start : start + 2].decode())
    if length is None:
        return []
    at = [i for i in range(start, end) if text[i] not in _SEPARATORS][:length]
    stop = at[-1] + 1
    if len(at) < length or _continues(text, stop):
        return []
    number = bytes(text[i] for i in at).decode()
    as_digits = "".join(str(int(c, 36)) for c in number[4:] + number[:4])
    return [(start, stop)] if int(as_digits) % 97 == 1 else []


@cache
def _iban_lengths() -> dict[str, int]:
    text = (files(__package__) / "iban_lengths.toml").read_text("utf-8")
    return {country: int(length) for country, length in tomllib.loads(text).items()}


def ssn(text: bytes, start: int, end: int) -> list[Part]:
    """Social security numbers of areas, groups and serials that are given out."""
    found = text[start:end].decode()
    area, group, serial = found[:3], found[4:6], found[7:]
    good = area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
    return [(start, end)] if good and found[3] == found[6] and not _continues(text, end) else []


def phone(text: bytes, start: int, end: int) -> list[Part]:
    """Telephone numbers as people write them: with a country code, or in the American groups."""
    number = text[start:end]
    digits = bytes(c for c in number if c in _DIGITS)
    if len(digits) not in _PHONE_DIGITS or _continues(text, end) or len(set(digits)) == 1:
        return []
    if number.startswith(b"+"):
        return [(start, end)] if digits[0] != ord("0") else []
    # Area and exchange begin with 2 to 9, and a longer number may hold such groups.
    exchange = digits[3]
    joined = start and text[start - 1] in b" .-" and start > 1 and text[start - 2] in _DIGITS
    return [(start, end)] if not joined and digits[0] > ord("1") and exchange > ord("1") else []


def looks_random(text: bytes, start: int, end: int) -> list[Part]:
    """Keys that a machine made: with digits and capitals, or long ones of digits and letters."""
    found = text[start:end].decode()
    tail = found.partition("-")[2]
    has_digit = any(c.isdigit() for c in tail)
    has_upper = any(c.isupper() for c in tail)
    words = [word for word in tail.replace("_", "-").split("-") if word]
    longest = max((len(word) for word in words), default=0)
    return [(start, end)] if has_digit and (has_upper or longest >= _SHORT_CREDENTIAL) else []


def looks_chosen(text: bytes, start: int, end: int) -> list[Part]:
    """What somebody chose or a machine made, no plain word, placeholder or number of tokens."""
    found = text[start:end].rstrip(b".!?:").decode(errors="replace")
    if len(set(found)) < _MANY_REPEATS or found.startswith(("$", "%", "[REDACTED", "os.", "env.")):
        return []
    has_letter = any(c.isalpha() for c in found)
    has_other = any(not c.isalpha() and c not in "._-/" for c in found)
    return [(start, start + len(found.encode()))] if has_letter and has_other else []


def credential(text: bytes, start: int, end: int) -> list[Part]:
    """The credentials of a header, no word that happens to follow `bearer` or `basic`."""
    found = text[start:end]
    is_plain = found.isalpha() and (found.islower() or found.istitle())
    if not is_plain and (len(found) >= _SHORT_CREDENTIAL or any(c in _DIGITS for c in found)):
        return [(start, end)]
    try:
        decoded = base64.b64decode(found.replace(b"\\", b""), validate=True)
    except (binascii.Error, ValueError):
        return []
    return [(start, end)] if b":" in decoded and decoded.isascii() else []


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (card, iban, ssn, phone, looks_random, looks_chosen, credential)
}


def _continues(text: bytes, end: int) -> bool:
    """Whether what was found is the beginning of a longer word or number."""
    return end < len(text) and text[end] in _WORD


def _is_fraction(text: bytes, start: int, end: int) -> bool:
    """Whether digits are some of a decimal number's."""
    before = start > 1 and text[start - 1] == ord(".") and text[start - 2] in _DIGITS
    return before or (end + 1 < len(text) and text[end] == ord(".") and text[end + 1] in _DIGITS)
