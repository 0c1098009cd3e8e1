"""What forms send, and which traces they mean."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from spanlake.errors import UserError

_MAX_TRACES = 500
_MAX_FORM = 64 << 10
_MAX_FIELDS = 100

# More digits than this no page, place or offset has.
_MAX_DIGITS = 12


def count_of(text: str | None, default: int = 0) -> int:
    """A count in a URL; the default for what is none."""
    return int(text) if text and text.isdecimal() and len(text) <= _MAX_DIGITS else default


async def read_form(
    request: Request, *, most_bytes: int = _MAX_FORM, most_fields: int = _MAX_FIELDS
) -> dict[str, str]:
    """The fields of a form, the last of each name. UserError for anything else."""
    return dict(await read_pairs(request, most_bytes=most_bytes, most_fields=most_fields))


async def read_pairs(
    request: Request, *, most_bytes: int, most_fields: int
) -> list[tuple[str, str]]:
    """Names and values of a form, as browsers send them without files. UserError for the rest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UserError(f"Content-Type is {kind[:60]!r}: must be that of a form")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise UserError(f"the form is over {most_bytes} bytes; write less")
    try:
        return parse_qsl(body.decode("utf-8", "replace"), max_num_fields=most_fields)
    except ValueError:
        raise UserError(f"the form has over {most_fields} fields; fill in fewer") from None


def ids_of(text: str) -> list[str]:
    """The ids between commas. UserError for none, or for too many."""
    ids = [each for each in text.split(",") if each]
    if not ids:
        raise UserError("no trace is selected; select rows of the list first")
    if len(ids) > _MAX_TRACES:
        raise UserError(f"{len(ids)} traces are selected: at most {_MAX_TRACES} go at once")
    return ids
