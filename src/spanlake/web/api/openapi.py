"""The description of the API in OpenAPI 3.1, made from its operations."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from spanlake import __version__
from spanlake.web.api.endpoint import PREFIX, Endpoint, Model, Nothing
from spanlake.web.api.problems import MEDIA_TYPE

_COMPONENT = "#/components/schemas/{model}"
_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and the next step."},
    },
}

Json = dict[str, Any]


def describe(endpoints: Sequence[Endpoint[Any, Any]]) -> Json:
    """The whole document."""
    models = {model for each in endpoints for model in (each.query, each.body)} - {Nothing}
    ordered = sorted(models, key=lambda model: model.__name__)
    schemas, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_COMPONENT
    )
    by_model: dict[type[Model], Json] = {
        model: definitions["$defs"][schemas[model, "validation"]["$ref"].rpartition("/")[2]]
        for model in ordered
    }
    paths: dict[str, Json] = {}
    for each in endpoints:
        path = PREFIX + _PATH_PARAMETER.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, by_model)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spanlake",
            "version": __version__,
            "description": "Traces, assessments and app versions of a Spanlake server.",
        },
        "paths": paths,
        # Without a credential where nobody is asked for one.
        "security": [{"key": []}, {"session": []}, {}],
        "components": {
            "schemas": definitions["$defs"] | {"Problem": _PROBLEM},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "spanlake_session"},
            },
        },
    }


def _operation(endpoint: Endpoint[Any, Any], models: dict[type[Model], Json]) -> Json:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query is not Nothing:
        parameters += _query_parameters(models[endpoint.query])
    operation: Json = {
        "operationId": f"{endpoint.method.lower()}_{_words(endpoint.path)}",
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": f"For keys with the scope `{endpoint.permission}`, and people who may.",
        "parameters": parameters,
        "responses": _responses(endpoint),
    }
    if endpoint.body is not Nothing:
        schema = {"$ref": _COMPONENT.format(model=endpoint.body.__name__)}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _query_parameters(schema: Json) -> Iterable[Json]:
    required = schema.get("required", ())
    for name, each in schema["properties"].items():
        description = {key: each[key] for key in ("description",) if key in each}
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in each.items() if key != "description"},
        } | description


def _responses(endpoint: Endpoint[Any, Any]) -> Json:
    done = {
        str(status): {
            "description": said,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
        for status, said in endpoint.answers.items()
    }
    failures = [HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND]
    failures += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS]
    failures += [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT]
    if endpoint.body is not Nothing:
        failures += [
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ]
    problem = {MEDIA_TYPE: {"schema": {"$ref": _COMPONENT.format(model="Problem")}}}
    return done | {
        str(status.value): {"description": status.phrase, "content": problem}
        for status in sorted(failures)
    }


def _words(path: str) -> str:
    return re.sub(r"\W+", "_", path).strip("_")
