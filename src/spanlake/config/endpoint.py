"""The address a receiver listens on."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Self

_ENDPOINT = re.compile(r"(?:\[(?P<ipv6>[^\[\]]*)\]|(?P<name>[^\[\]:/]*)):(?P<port>[0-9]{1,5})")
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?[0-9]+")
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (a name, or an IP address without brackets) and a TCP port; 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read HOST:PORT or [IPV6]:PORT; ValueError tells the rule."""
        match = _ENDPOINT.fullmatch(text)
        if match is None:
            raise ValueError("must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317")
        port = int(match["port"])
        if port > LAST_PORT:
            raise ValueError(f"must have a port from 0 to {LAST_PORT}")
        ipv6 = match["ipv6"]
        if ipv6 is not None and not _is_ipv6(ipv6):
            raise ValueError("must have an IPv6 address between the brackets")
        return cls(check_host(match["name"] if ipv6 is None else ipv6), port)

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it: localhost, 127.0.0.0/8 or ::1."""
        if self.host.lower() == "localhost":
            return True
        try:
            address = ip_address(self.host)
        except ValueError:
            return False
        return any(address in network for network in _LOOPBACK)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def check_host(host: str) -> str:
    """Return the host if it is an IP address or can be a host name; ValueError tells the rule."""
    if _is_ipv6(host):
        return host
    if not _HOST_NAME.fullmatch(host):
        raise ValueError("must be a host name or an IP address, such as 127.0.0.1")
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        _check_ipv4(host)
    return host


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _check_ipv4(text: str) -> None:
    """Refuse what looks like an IPv4 address and is none, because it would resolve to nothing."""
    try:
        ip_address(text)
    except ValueError:
        raise ValueError("must be an IP address of four numbers from 0 to 255") from None
