"""What a paused run asks for, as a JSON schema: told in words, read from typed text, and checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, cast

Schema = Mapping[str, Any]
_MOST_CHARACTERS = 200


def words_of(schema: Schema) -> str:
    """Say what is asked for: ``approve (boolean), note (string, optional)``; empty for nothing but the word."""
    if not schema:
        return ""
    fields, required = fields_of(schema), set(cast("list[str]", schema.get("required", [])))
    if not fields:
        return f"a value ({_type_words(schema, schema)})"
    return ", ".join(
        f"{name} ({_type_words(field, schema)}{'' if name in required else ', optional'})"
        for name, field in fields.items()
    )


def fields_of(schema: Schema) -> dict[str, Schema]:
    """The named fields of what is asked for; empty where it is no object."""
    found = resolved(schema, schema).get("properties", {})
    return dict(cast("Mapping[str, Schema]", found)) if isinstance(found, Mapping) else {}


def resolved(schema: Schema, root: Schema) -> Schema:
    """Follow a reference into the schema's own definitions."""
    name = schema.get("$ref")
    if isinstance(name, str) and name.startswith("#/$defs/"):
        found = root.get("$defs", {}).get(name.removeprefix("#/$defs/"))
        return cast("Schema", found) if isinstance(found, Mapping) else {}
    return schema


def typed(schema: Schema, texts: Mapping[str, str]) -> dict[str, Any]:
    """Read texts as the fields they are for want them: a text where that may be one, else as JSON."""
    fields = fields_of(schema)
    return {name: typed_value(fields.get(name, {}), text, schema) for name, text in texts.items()}


def typed_value(field: Schema, text: str, root: Schema) -> Any:
    """Read one text; where it fits in no way it stays one, and is told of."""
    candidates: list[Any] = [text]
    for form in (text, text.strip().lower()):
        try:
            candidates.append(json.loads(form))
        except (ValueError, RecursionError):
            continue
    return next((value for value in candidates if field and not _problems(field, value, root)), candidates[0])


def problems_of(schema: Schema, value: object) -> dict[str, str]:
    """What is wrong with an answer: the field to the problem, all of them; the empty field is the whole."""
    problems: dict[str, str] = {}
    fields = fields_of(schema)
    if fields and isinstance(value, Mapping) and "additionalProperties" not in resolved(schema, schema):
        unknown = [str(name) for name in cast("Mapping[object, object]", value) if name not in fields]
        problems = dict.fromkeys(unknown, "is not asked for")
    for where, problem in _problems(schema, value, schema):
        problems[where] = f"{problems[where]}; {problem}" if where in problems else problem
    return problems


def _problems(schema: Schema, value: object, root: Schema) -> list[tuple[str, str]]:
    validator = _validator()
    from jsonschema.exceptions import SchemaError, ValidationError

    whole = {**schema, "$defs": root["$defs"]} if "$defs" in root else dict(schema)
    checker: Any = validator(whole, format_checker=validator.FORMAT_CHECKER)
    try:
        errors = cast("Iterable[ValidationError]", checker.iter_errors(value))
        return [told for error in errors for told in _told(error)]
    except (SchemaError, TypeError):  # somebody has changed the store
        return []


def _validator() -> Any:
    """Load what checks a schema: heavy, and only who answers needs it."""
    # With this it would build a grammar of international addresses, for a second or more; no type of an input is one.
    modules, grammar = cast("dict[str, Any]", sys.modules), "rfc3987_syntax"
    is_loaded = grammar in modules
    modules.setdefault(grammar, None)
    try:
        from jsonschema import Draft202012Validator
    finally:
        if not is_loaded:
            modules.pop(grammar, None)
    return Draft202012Validator


def _told(error: Any) -> list[tuple[str, str]]:
    where = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, Mapping):
        missing = [name for name in error.validator_value if name not in error.instance]
        return [(".".join(filter(None, [where, name])), "is missing") for name in missing]
    return [(where, str(error.message)[:_MOST_CHARACTERS])]


def _type_words(field: Schema, root: Schema) -> str:
    field = resolved(field, root)
    if isinstance(choices := field.get("enum"), list):
        return " | ".join(json.dumps(choice) for choice in cast("list[object]", choices))
    if isinstance(options := field.get("anyOf"), list):
        return " or ".join(_type_words(option, root) for option in cast("list[Schema]", options))
    return str(field.get("format") or field.get("type") or "anything")


__all__ = ["Schema", "fields_of", "problems_of", "resolved", "typed", "typed_value", "words_of"]
