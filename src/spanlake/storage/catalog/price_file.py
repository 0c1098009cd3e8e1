"""Files of custom prices, CSV or JSON, with the columns of the view `prices`."""

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from spanlake.errors import UserError
from spanlake.semconv.custom_prices import ModelRates, PriceTerms
from spanlake.storage.catalog.price_terms import check_terms

_EXAMPLE = "provider,model,input_mtok,output_mtok"


def _number(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        number = math.nan
    if math.isnan(number) or isinstance(value, bool):
        raise ValueError("must be a number of USD, or nothing")
    return number


def _moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("must be a date or time such as 2026-11-21 or 2026-11-21T08:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004  # pydantic reports ValueErrors
    return value.strip()


_Usd = Annotated[float | None, BeforeValidator(_number)]
_Moment = Annotated[datetime | None, BeforeValidator(_moment)]
_Text = Annotated[str | None, BeforeValidator(_text)]


class _Entry(BaseModel):
    """One price; what a listing adds to it is passed over."""

    model_config = ConfigDict(extra="forbid")

    provider: _Text = None
    model: _Text = None
    input_mtok: _Usd = None
    output_mtok: _Usd = None
    cache_read_mtok: _Usd = None
    cache_write_mtok: _Usd = None
    request_usd: _Usd = None
    valid_from: _Moment = None
    valid_to: _Moment = None
    note: _Text = None
    price_version: object = None
    created_at: object = None
    is_withdrawal: bool = False


class _Placed(NamedTuple):
    """What a file has at a place, which is how a message begins."""

    place: str
    value: object


def read_price_file(path: Path, *, now: datetime) -> list[PriceTerms]:
    """The prices of a file; one that does not say since when is valid from now on.

    Raises UserError with the line, or the number of the entry, of the first mistake.
    """
    read = {".csv": _csv, ".json": _json}.get(path.suffix.lower())
    if read is None:
        raise UserError(f"FILE is {path}: must end in .csv or .json; rename or convert it")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"FILE is {path}: cannot be read ({error}); name another") from None
    terms = [_terms(placed, now) for placed in read(path, text)]
    if not terms:
        raise UserError(f"FILE is {path}: has no prices; give it rows, headed {_EXAMPLE}")
    return terms


def _csv(path: Path, text: str) -> Iterator[_Placed]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for row in reader:
            place = f"{path}:{reader.line_num}"
            if None in row:
                raise UserError(f"{place}: has more values than the first line has names")
            yield _Placed(place, {key.strip(): value for key, value in row.items()})
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num}: is no CSV ({error}); correct it") from None


def _json(path: Path, text: str) -> Iterator[_Placed]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no JSON ({error}); correct it") from None
    if not isinstance(entries, list):
        raise UserError(f"{path}: must be an array of objects; put brackets around it")
    for number, entry in enumerate(entries, 1):
        yield _Placed(f"{path}: entry {number}", entry)


def _terms(placed: _Placed, now: datetime) -> PriceTerms:
    try:
        entry = _Entry.model_validate(placed.value)
    except ValidationError as error:
        raise UserError(f"{placed.place}: {_finding(error)}") from None
    rates = ModelRates(
        input_mtok=entry.input_mtok,
        output_mtok=entry.output_mtok,
        cache_read_mtok=entry.cache_read_mtok,
        cache_write_mtok=entry.cache_write_mtok,
        request_usd=entry.request_usd,
    )
    terms = PriceTerms(
        provider=entry.provider,
        model=entry.model or "",
        valid_from=entry.valid_from or now,
        valid_to=entry.valid_to,
        rates=None if entry.is_withdrawal else rates,
        note=entry.note,
    )
    try:
        return check_terms(terms)
    except UserError as error:
        raise UserError(f"{placed.place}: {error}") from None


def _finding(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    if not detail["loc"]:
        return "must be an object such as " + '{"model": "gpt-4o", "input_mtok": 2.5}; correct it'
    column = detail["loc"][0]
    if detail["type"] == "extra_forbidden":
        known = ", ".join(name for name in _Entry.model_fields if name != "is_withdrawal")
        return f"{column} is no known column; remove it (known here: {known})"
    rule = detail.get("ctx", {}).get("error", detail["msg"])
    return f"{column} is {str(detail['input'])[:60]!r}: {rule}; correct it"
