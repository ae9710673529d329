"""The API as an OpenAPI document, made from the table of routes and the shapes.

``python -m jupyter_flows.server.description`` prints it as YAML; ``openapi.yaml`` beside this file is that text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from jupyter_flows.server.contract import CONTRACTS, Contract
from jupyter_flows.server.routes import EVENTS, PLACES, ROOT, ROUTES, Route
from jupyter_flows.server.shapes.events import Event
from jupyter_flows.server.shapes.failure import ErrorAnswer
from jupyter_flows.server.shapes.queries import EventQuery
from jupyter_flows.server.shapes.shape import Shape

VERSION = "1"
Json = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_ABOUT = """\
The REST API of the Jupyter Flows server extension. Every route needs the authentication of the Jupyter server, and is
authorized as an action on the resource `jupyter_flows`: `read` for those who look on, `write` and `execute` for those
who operate (`x-action` below). Writes need the `X-XSRFToken` header where the user is known by a cookie.
Texts are plain text that others wrote: show them as text, never as HTML."""
_FAILURES = {
    "400": "a parameter, or the form, is not as it should be",
    "403": "nobody is logged in, or the user may not do this",
    "404": "there is nothing of this id",
    "405": "the path has no such verb",
    "409": "as things stand this cannot be done",
    "413": "the request is too large",
    "415": "the body is no JSON",
    "503": "the store is locked, gone or of another version; try again later",
}


def description() -> Json:
    """Describe the API.

    Returns
    -------
    dict
        An OpenAPI 3.1 document, as JSON values.
    """
    schemas = _schemas()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(route, CONTRACTS[route.name])
    paths[EVENTS.path] = {"get": _events()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jupyter Flows", "version": VERSION, "description": " ".join(_ABOUT.split())},
        "servers": [{"url": ROOT, "description": "below the base URL of the Jupyter server"}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Error": _failure()},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "token TOKEN"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "_xsrf", "description": "Jupyter's own cookies"},
            },
        },
    }


def _schemas() -> dict[str, Json]:
    shapes: dict[type[Shape], None] = {}
    for contract in CONTRACTS.values():
        shapes.update(dict.fromkeys(one for one in (contract.answer, contract.form) if one is not None))
    shapes[ErrorAnswer] = None
    modes: list[tuple[str, JsonSchemaMode, Any]] = [
        (one.__name__, "serialization", one.__pydantic_core_schema__) for one in shapes
    ]
    modes.append(("Event", "serialization", TypeAdapter(Event).core_schema))
    found, defined = GenerateJsonSchema(ref_template=_REFERENCE).generate_definitions(modes)
    event = found["Event", "serialization"]
    return {name: _tidy(one) for name, one in sorted({**defined, "Event": event}.items())}


def _tidy(schema: Any) -> Any:
    """Leave out what says nothing: titles that repeat a name, defaults of what may be left out."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: one for name, one in schema.items() if not (name == "title" and isinstance(one, str))}
    if kept.get("default", ...) is None:
        del kept["default"]
    if "description" in kept and isinstance(kept["description"], str):
        kept["description"] = re.sub(r"\s+", " ", kept["description"]).strip()
    return {name: _tidy(one) for name, one in kept.items()}


def _operation(route: Route, contract: Contract) -> Json:
    told: Json = {
        "operationId": route.name,
        "summary": route.about,
        "x-action": route.action,
        "parameters": [*_places(route.path), *_query(contract.query)],
    }
    if contract.form is not None:
        told["requestBody"] = {"required": True, "content": _json(contract.form.__name__)}
    told["responses"] = {"200": _success(contract), "default": {"$ref": "#/components/responses/Error"}}
    return told


def _success(contract: Contract) -> Json:
    if contract.answer is None:
        bytes_: Json = {"schema": {"type": "string", "format": "binary"}}
        return {"description": "the file's bytes, with a policy that lets them do nothing", "content": {"*/*": bytes_}}
    return {"description": _first_line(contract.answer), "content": _json(contract.answer.__name__)}


def _events() -> Json:
    return {
        "operationId": EVENTS.name,
        "summary": EVENTS.about,
        "description": "Each message is one JSON object, an `Event`; the first one is `Hello`. Nothing is sent to it.",
        "x-action": EVENTS.action,
        "parameters": _query(EventQuery),
        "responses": {
            "101": {"description": "the connection is a websocket now", "content": _json("Event")},
            "default": {"$ref": "#/components/responses/Error"},
        },
    }


def _failure() -> Json:
    listed = "; ".join(f"{code}: {about}" for code, about in _FAILURES.items())
    return {"description": listed, "content": _json("ErrorAnswer")}


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=name)}}}


def _places(path: str) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^({PLACES[name]})$"}}
        for name in names
    ]


def _query(query: type[Shape]) -> list[Json]:
    schema: Mapping[str, Any] = query.model_json_schema(by_alias=True)
    required: list[str] = schema.get("required", [])
    return [_parameter(name, _tidy(one), name in required) for name, one in schema.get("properties", {}).items()]


def _parameter(name: str, schema: Json, required: bool) -> Json:
    about = schema.pop("description", None)
    kinds = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if len(kinds) == 1:  # what may be left out, and is never null
        schema = {**kinds[0], **schema}
        about = schema.pop("description", about) if about is None else about
    told: Json = {"name": name, "in": "query", "required": required, "schema": schema}
    schema.pop("description", None)
    return {**told, "description": about} if about else told


def _first_line(shape: type[Shape]) -> str:
    return (shape.__doc__ or "").strip().splitlines()[0]


def as_yaml(document: Json) -> str:
    """Write a description as YAML."""
    import yaml  # Jupyter's events bring it; nothing else here needs it

    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def main() -> None:
    """Print the description."""
    sys.stdout.write(as_yaml(description()))


if __name__ == "__main__":
    main()

__all__ = ["VERSION", "as_yaml", "description", "main"]
