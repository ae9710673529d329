"""A base job template: what every run of a work pool is given, with places for what a deployment chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}
JobTemplate = dict[str, Any]


def template_of(model_schema: Mapping[str, Any]) -> JobTemplate:
    """Return the template that lets every field of a model be chosen.

    Parameters
    ----------
    model_schema
        The model's JSON schema.

    Returns
    -------
    dict
        ``job_configuration``, field to ``"{{ field }}"``, and ``variables``, a JSON schema of what may be chosen.
    """
    fields: dict[str, Any] = dict(model_schema.get("properties", {}))
    variables: dict[str, Any] = {
        "type": "object",
        "properties": fields,
        "required": list(model_schema.get("required", ())),
    }
    if "$defs" in model_schema:
        variables["$defs"] = model_schema["$defs"]
    return {"job_configuration": {name: f"{{{{ {name} }}}}" for name in fields}, "variables": variables}


def check_template(template: Mapping[str, Any]) -> None:
    """Refuse a template whose places nothing fills.

    Raises
    ------
    ValueError
    """
    configuration, variables = template.get("job_configuration"), template.get("variables", {})
    if set(template) - {"job_configuration", "variables"} or not isinstance(configuration, dict):
        raise ValueError("a base job template has job_configuration (a dict), and variables (a JSON schema)")
    if not isinstance(variables, dict) or not isinstance(cast("JobTemplate", variables).get("properties", {}), dict):
        raise ValueError("variables must be a JSON schema with properties")  # noqa: TRY004 - pydantic takes only this
    known = _properties(template)
    unknown = sorted({place for place in _places(configuration) if place not in known})
    if unknown:
        raise ValueError(f"{{{{ {unknown[0]} }}}} is not among variables: {', '.join(known) or 'there are none'}")


def filled(template: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a template; a field that is only a place, and has neither a choice nor a default, is left out.

    Parameters
    ----------
    chosen
        The variables by name; the others have their defaults.

    Raises
    ------
    ValueError
        Naming every variable that is unknown, of another type, or missing.
    """
    known = _properties(template)
    problems = [*_problems(template, known, chosen)]
    if problems:
        raise ValueError("; ".join(problems))
    values = {name: field["default"] for name, field in known.items() if "default" in field} | dict(chosen)
    configuration = cast("dict[str, Any]", template["job_configuration"])
    return {name: value for name, text in configuration.items() if (value := _filled(text, values)) is not _LEFT_OUT}


_LEFT_OUT = object()


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        told = {key: _filled(item, values) for key, item in cast("dict[str, Any]", value).items()}
        return {key: item for key, item in told.items() if item is not _LEFT_OUT}
    if isinstance(value, list):
        return [item for one in cast("list[Any]", value) if (item := _filled(one, values)) is not _LEFT_OUT]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value.strip())
    if whole:
        return values.get(whole[1], _LEFT_OUT)
    return _PLACE.sub(lambda found: str(values.get(found[1], "")), value)


def _properties(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", template.get("variables", {}).get("properties", {}))


def _places(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACE.findall(value)
    elif isinstance(value, dict | list):
        items = cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
        for item in items:
            yield from _places(item)


def _problems(template: Mapping[str, Any], known: Mapping[str, Any], chosen: Mapping[str, Any]) -> Iterator[str]:
    for name, value in chosen.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            yield f"there is no variable {name!r}{f', but {near[0]!r}' if near else ''}"
        elif not _fits(value, known[name]):
            yield f"{name}: {value!r} is no {known[name]['type']}"
    for name in template.get("variables", {}).get("required", ()):
        if name not in chosen and "default" not in known.get(name, {}):
            yield f"{name}: it is missing"


def _fits(value: Any, field: Mapping[str, Any]) -> bool:
    """Whether a value has the type that its field names; the model judges the rest."""
    wanted = field.get("type")
    if not isinstance(wanted, str) or wanted not in _TYPES:
        return True
    if isinstance(value, bool) and wanted != "boolean":
        return False
    return isinstance(value, _TYPES[wanted])


__all__ = ["JobTemplate", "check_template", "filled", "template_of"]
