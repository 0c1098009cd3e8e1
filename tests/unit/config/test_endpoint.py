import pytest

from spanlake.config import Endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:4317", Endpoint("127.0.0.1", 4317)),
        ("localhost:0", Endpoint("localhost", 0)),
        ("[::1]:65535", Endpoint("::1", 65535)),
        ("[fe80::1%eth0]:4317", Endpoint("fe80::1%eth0", 4317)),
        ("otel_collector.internal:4318", Endpoint("otel_collector.internal", 4318)),
    ],
)
def test_an_endpoint_is_read_and_written_alike(text: str, endpoint: Endpoint) -> None:
    """An endpoint is a host and a port, and is written as it was read, brackets included."""
    assert Endpoint.parse(text) == endpoint
    assert str(endpoint) == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1:", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("::1:4317", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("http://localhost:4318", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1:-1", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1:٤٣١٧", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1:4317\n", "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"),
        ("127.0.0.1:65536", "must have a port from 0 to 65535"),
        ("[127.0.0.1]:4317", "must have an IPv6 address between the brackets"),
        ("[]:4317", "must have an IPv6 address between the brackets"),
        (":4317", "must be a host name or an IP address, such as 127.0.0.1"),
        ("my host:4317", "must be a host name or an IP address, such as 127.0.0.1"),
        ("127.0.0.256:4317", "must be an IP address of four numbers from 0 to 255"),
        ("127.1:4317", "must be an IP address of four numbers from 0 to 255"),
    ],
)
def test_what_is_no_endpoint_is_refused_with_the_rule(text: str, rule: str) -> None:
    """What cannot be listened on is refused, and the rule it breaks is told."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole message is compared below
        Endpoint.parse(text)
    assert str(caught.value) == rule


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.200.3.4", "::1"])
def test_loopback_is_known(host: str) -> None:
    """Localhost, all of 127.0.0.0/8 and ::1 are loopback."""
    assert Endpoint(host, 4317).is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 bound to nothing here
        "::",
        "192.168.0.7",
        "128.0.0.1",
        "localhost.evil.example",
        "collector",
    ],
)
def test_everything_else_is_open_to_others(host: str) -> None:
    """Any other address and any other name may be reached from elsewhere."""
    assert not Endpoint(host, 4317).is_loopback
