"""The types of single values, with the bounds they are checked against."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from spanlake.config.duration import format_duration, parse_duration
from spanlake.config.endpoint import LAST_PORT, Endpoint, check_host
from spanlake.config.place import check_catalog_url

_ORIGIN = re.compile(r"\*|https?://[^\s/*?#]+")
_LEVELS = ("debug", "info", "warn", "error")
_LARGEST_MESSAGE = (1 << 31) - 1  # bytes: protobuf and gRPC count in int32
MIB = 1 << 20


def _endpoint(value: object) -> Endpoint:
    if isinstance(value, Endpoint):
        return value
    return Endpoint.parse(value if isinstance(value, str) else "")


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("must be * or an origin without a path, such as https://app.example.com")
    return value


def _level(value: object) -> str:
    level = value.lower() if isinstance(value, str) else ""
    if level not in _LEVELS:
        raise ValueError("must be debug, info, warn or error")
    return level


ListenEndpoint = Annotated[Endpoint, PlainValidator(_endpoint), PlainSerializer(str, str, "json")]
"""HOST:PORT or [IPV6]:PORT; port 0 is any free one."""

Host = Annotated[str, AfterValidator(check_host)]
"""A host name or an IP address, without brackets."""

Port = Annotated[int, Field(ge=0, le=LAST_PORT)]
"""A TCP port; 0 is any free one."""

Seconds = Annotated[
    float, BeforeValidator(parse_duration), PlainSerializer(format_duration, str, "json")
]
"""A duration in seconds, 0 or more; the file may write 500ms, 30s, 1m30s or 1h."""

PositiveSeconds = Annotated[Seconds, Field(gt=0)]
"""A duration in seconds, more than 0."""

MessageBytes = Annotated[int, Field(ge=1, le=_LARGEST_MESSAGE)]
"""The size of one request, in bytes."""

MessageMib = Annotated[int, Field(ge=1, le=_LARGEST_MESSAGE // MIB)]
"""The size of one request, in MiB."""

PositiveInt = Annotated[int, Field(ge=1)]
"""A whole number, 1 or more."""

Origin = Annotated[str, AfterValidator(_origin)]
"""Where a page in a browser comes from, as it says itself; * is anywhere."""

LakePath = Annotated[str, Field(min_length=1)]
"""The directory of the lake."""

CatalogUrl = Annotated[str, AfterValidator(check_catalog_url)]
"""Where the catalog is: a SQLite file or a Postgres database."""

LogLevel = Annotated[Literal["debug", "info", "warn", "error"], BeforeValidator(_level)]
"""The least severe messages to be logged; the file may write it in capitals."""

LogLevelName = Annotated[str, BeforeValidator(_level)]
"""The same from a flag, whose text is not known to be a level before it is checked."""

LogEncoding = Literal["console", "json"]
"""How a log line is written: for people or for programs."""
