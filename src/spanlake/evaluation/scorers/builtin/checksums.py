"""Whether digits are what they look like: the checks that numbers carry in themselves."""

from collections import Counter
from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from math import log2


def is_luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    digits = [int(each) for each in text if each.isdecimal()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004  # Luhn's
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """The check digits of bank accounts (ISO 13616, ISO 7064 MOD 97-10)."""
    compact = "".join(text.split()).upper()
    return int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """The numbers that the Social Security Administration gives out: no 000, 666 or 9xx area."""
    area, group, serial = text[:3], text[-7:-5].strip("- "), text[-4:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_ip_address(text: str) -> bool:
    """An address of IPv4 or IPv6 that means a machine: neither unspecified nor loopback."""
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def entropy(text: str) -> float:
    """Shannon entropy of the characters, in bits a character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares)


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "luhn": is_luhn,
    "iban": is_iban,
    "ssn": is_ssn,
    "ip_address": is_ip_address,
}
"""By the name that a table of patterns gives."""
