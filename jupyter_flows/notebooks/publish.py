"""Values that a notebook hands to whoever runs it."""

from __future__ import annotations

from jupyter_flows.errors import ParameterError
from jupyter_flows.notebooks.json_values import JsonValue, to_json
from jupyter_flows.notebooks.own_kernel import kernel_shell

RESULT_MIME = "application/vnd.jupyter-flows.result+json"


def publish(**values: object) -> None:
    """Hand values to whoever runs this notebook: they become `.values` of the notebook's result.

    The values travel in the outputs of the cell, so they are kept in the executed notebook too; nothing is shown.
    Outside a kernel the values are checked and nothing else happens. A name published twice counts with its last value.

    Parameters
    ----------
    **values
        JSON values: None, booleans, finite numbers, text, lists (or tuples) and dicts with text keys.

    Raises
    ------
    ParameterError
        Values that JSON cannot hold, all at once, each with what to do instead. Nothing is published then.
    """
    checked, problems = _checked(values)
    if problems:
        raise ParameterError("publish(...)", problems)
    shell = kernel_shell()
    if shell is not None:
        for name, value in checked.items():
            shell.display_pub.publish({RESULT_MIME: {"name": name, "value": value}})


def _checked(values: dict[str, object]) -> tuple[dict[str, JsonValue], dict[str, str]]:
    checked: dict[str, JsonValue] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            checked[name] = to_json(value)
        except TypeError as error:
            problems[name] = str(error)
        except RecursionError:
            problems[name] = "it contains itself"
    return checked, problems
