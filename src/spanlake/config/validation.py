"""From the values of a document to Settings, or to problems in the words of the file."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from spanlake.config.document import Document
from spanlake.config.pipelines import Components
from spanlake.config.problems import KeyPath, Problem, RuleError, file_error
from spanlake.config.section import Section
from spanlake.config.settings import Settings

_RULES: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "model_type": "must be a section with keys of its own",
    "string_too_short": "must not be empty",
    "string_type": "must be text, in quotes if it looks like a number",
    "tuple_type": "must be a list",
}


def validate(document: Document) -> Settings:
    """Return the settings that a document holds; ConfigError for the first of its problems."""
    components = Components.defined_by(document.values)
    try:
        settings = Settings.model_validate(document.values, context=components)
    except ValidationError as error:
        problems = [*document.problems, *_problems(document, error)]
        raise file_error(document.name, problems) from None
    if document.problems:
        raise file_error(document.name, document.problems)
    return settings


def broken_rule(detail: ErrorDetails) -> RuleError:
    """Say which rule a value breaks, in the terms of the file rather than of Python."""
    context = detail.get("ctx", {})
    error = context.get("error")
    if isinstance(error, RuleError):
        return error
    if isinstance(error, ValueError):
        return RuleError(str(error))
    template = _RULES.get(detail["type"])
    return RuleError(template.format_map(context) if template else detail["msg"])


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    """Translate pydantic's findings, without those that follow from what is already known."""
    known = {problem.path for problem in document.problems}
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if path not in known:
            yield document.problem(path, _finding(document, path, detail))


def _finding(document: Document, path: KeyPath, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(path)
    if detail["type"] == "missing":
        default = _default(path)
        given = f"`{path[-1]}: {default}`" if default else f"{path[-1]} and its value"
        return f"is missing: must be given; add {given}"
    rule = broken_rule(detail)
    return f"is {document.place(path).typed}: {rule.rule}; {rule.advice or _advice(path)}"


def _unknown_key(path: KeyPath) -> str:
    key = str(path[-1])
    known = tuple(_fields(path[:-1]))
    type_name, slash, _ = key.partition("/")
    if slash and type_name in known:
        return f"is a named component: must be a type without a name of its own; use {type_name}"
    near = get_close_matches(key, known, n=1)
    if near:
        return f"is not a known key: did you mean {near[0]}?"
    return f"is not a known key: remove it (known here: {', '.join(known)})"


def _advice(path: KeyPath) -> str:
    """Say the next step for a value that breaks a rule: its default, if it has one."""
    keys = _fields(path)
    if keys:
        return f"give it {' or '.join(keys)}, or remove it"
    default = _default(path)
    if default is None:
        return "correct or remove it"
    if _fields(path[:-1])[str(path[-1])].is_required():
        return f"set it to {default}"
    return f"set it to {default} or remove the line"


def _fields(path: KeyPath) -> Mapping[str, FieldInfo]:
    """Look up the keys of the section at the path; none if no section belongs there."""
    section: type[Section] | None = Settings
    for part in path:
        field = section.model_fields.get(str(part)) if section else None
        section = _section_type(field.annotation) if field else None
    return section.model_fields if section else {}


def _section_type(annotation: object) -> type[Section] | None:
    """The section that a key may hold, whether it is on by default or not."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_type, get_args(annotation))), None)


def _default(path: KeyPath) -> str | None:
    """Write the default of the key at the path as the file would have it."""
    value: object = Settings().model_dump(mode="json")
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(value)}]"
    return str(value)
