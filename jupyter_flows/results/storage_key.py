"""Where a user wants a result's file: the template of ``result_storage_key``, and which places are refused."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from jupyter_flows.errors import BadOption

WORDS = "{parameters[NAME]}, {run_id}, {number} and {task}"


def render_target(template: str, words: Mapping[str, object], parameters: Mapping[str, object]) -> str:
    """Fill a classic ``target`` such as ``{task_name}/{today}/{day}.json``.

    Parameters
    ----------
    template
        Text with names of ``words`` and ``{parameters[NAME]}``, each with an optional format.
    words
        The arguments of the call by name, and facts about it: ``task_name``, ``today`` ...
    parameters
        Those of the flow run.

    Raises
    ------
    BadOption
        As `render_storage_key` does.
    """
    return _rendered("target", template, words, parameters, "names of arguments, {task_name}, {today}, ...")


def render_storage_key(
    template: str, parameters: Mapping[str, object], run_id: str, number: int, task: str = ""
) -> str:
    """Fill a template such as ``reports/{parameters[day]:%Y}/{run_id}-{number}.json``.

    Parameters
    ----------
    template
        Text with ``{parameters[NAME]}``, ``{run_id}``, ``{number}`` and ``{task}``, each with an optional format.
    parameters
        Arguments of the call by name.
    run_id, number, task
        The task run and the name of its task.

    Returns
    -------
    str
        A relative path with ``/`` between its parts.

    Raises
    ------
    BadOption
        The template names something else, a value has no such format, or the path would leave the results folder.
    """
    words = {"run_id": run_id, "number": number, "task": task}
    return _rendered("result_storage_key", template, words, parameters, WORDS)


def _rendered(
    option: str, template: str, words: Mapping[str, object], parameters: Mapping[str, object], known: str
) -> str:
    parts: list[str] = []
    try:
        for text, name, form, conversion in Formatter().parse(template):
            parts.append(text)
            if name is not None:
                value = Formatter().convert_field(_looked_up(name, words, parameters), conversion)
                parts.append(format(value, form or ""))
    except Exception as error:
        why = f"the template may hold {known} ({type(error).__name__}: {error})"
        raise BadOption("@task", option, template, why) from error
    return checked_storage_key("".join(parts), option)


def checked_storage_key(key: str, option: str = "result_storage_key") -> str:
    """Return a key that stays below the results folder.

    Raises
    ------
    BadOption
        It is absolute, has ``..`` in it, or signs that are no part of a file's name.
    """
    parts = key.split("/")
    if any(part in {"", ".", ".."} for part in parts) or not key.isprintable() or "\\" in key:
        wanted = "give a relative path below the results folder, such as 'reports/{run_id}.json'"
        raise BadOption("@task", option, key, wanted)
    return key


def _looked_up(name: str, values: Mapping[str, object], parameters: Mapping[str, object]) -> object:
    # By hand: str.format would follow attributes of the values.
    if name.startswith("parameters[") and name.endswith("]"):
        return parameters[name[len("parameters[") : -1]]
    return values[name]
