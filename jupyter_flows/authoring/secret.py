"""`Secret`: a value that is named in code, looked up at run time, and never shown."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.task import Task
from jupyter_flows.errors import BadGraph, BadOption, SecretNotFound
from jupyter_flows.model.secret_reference import SecretReference
from jupyter_flows.secrets.lookup import from_environment, from_kept, how_to_keep
from jupyter_flows.secrets.resolved import register
from jupyter_flows.wiring import current_settings

_MASK = "'********'"


class SecretText(str):
    """A text whose repr does not show it; everything else is that of a text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _MASK


class Secret(SecretReference):
    """A secret by its name.

    Parameters
    ----------
    name
        Such as ``SLACK_WEBHOOK_URL``. The first of these environment variables that is set has the value:
        ``JUPYTER_FLOWS__CONTEXT__SECRETS__SLACK_WEBHOOK_URL``, the one that begins with ``PREFECT__`` instead, and
        ``SLACK_WEBHOOK_URL`` itself. Each is looked for as the name is written, then in capitals; signs that no
        variable can have are ``_``. Where none is set, the value is what ``jupyter flows secret set`` has kept.

    What a secret gives is taken out of all that this process writes from then on: logs, prints that are kept, errors,
    states, artifacts, and what a kernel says.
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption("Secret", "name", name, "give a text")
        super().__init__(name)

    def get(self) -> Any:
        """Look the value up now.

        Returns
        -------
        object
            What the text is in JSON where it is that, else the text. A text in it does not show in its repr.

        Raises
        ------
        BadGraph
            In the block of a declared flow: the value must not become a part of the graph.
        SecretNotFound
        """
        graph = open_graph()
        if graph is not None:
            why = f"secret {self.name!r} has no value while a flow is built; get it in a task, or place PrefectSecret"
            raise BadGraph(getattr(graph, "name", "?"), [], why)
        for source in SOURCES:
            text = source(self.name)
            if text is not None:
                return _revealed(self.name, text)
        raise SecretNotFound(self.name, how_to_keep(self.name))

    def exists(self) -> bool:
        """Whether there is a value."""
        return any(source(self.name) is not None for source in SOURCES)

    def __repr__(self) -> str:
        return f"<Secret {self.name}>"


def from_vault(name: str) -> str | None:
    """Find a secret among those that are kept."""
    return from_kept(name, current_settings().flows_dir)


# Asked in this order; each gives a secret's text by its name, or None.
SOURCES: list[Callable[[str], str | None]] = [from_environment, from_vault]


def _revealed(name: str, text: str) -> Any:
    """Give a secret's value, and let it be taken out of what is written."""
    value = _decoded(text)
    register(text, name)
    for part in _texts_in(value):
        register(part)
    return value


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:  # type: ignore[misc]
            yield from _texts_in(item)


def _decoded(text: str) -> Any:
    try:
        return _hidden(json.loads(text))
    except (ValueError, RecursionError):
        return SecretText(text)


def _hidden(value: Any) -> Any:
    """Hide every text in a value that JSON knows, but not the keys."""
    if isinstance(value, dict):
        return {key: _hidden(item) for key, item in value.items()}  # type: ignore[misc]
    if isinstance(value, list):
        return [_hidden(item) for item in value]  # type: ignore[misc]
    return SecretText(value) if isinstance(value, str) else value


class _SecretTask(Task[..., Any]):
    """A task that gives a secret; nothing of it is ever kept."""

    def __init__(self, name: str, **options: Any) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption(type(self).__name__, "name", name, "give a text")
        super().__init__(**{"name": name, **options})
        if self.options.memory is not None:
            raise BadOption(type(self).__name__, "persist_result", True, "the value of a secret is never kept")


class PrefectSecret(_SecretTask):
    """A `Secret` as a task of a declared flow: its value is looked up when the flow runs.

    Parameters
    ----------
    name
        The secret's, and the task's.
    options
        Those of every task but what keeps values.
    """

    def run(self) -> Any:
        """See `Secret.get`."""
        return Secret(self.name).get()


class EnvVarSecret(_SecretTask):
    """An environment variable as a task of a declared flow.

    Parameters
    ----------
    name
        The variable's.
    raise_if_missing
        Fail where it is not set, instead of giving None.
    cast
        Changes the text, such as `int`.
    """

    def __init__(
        self,
        name: str,
        raise_if_missing: bool = False,
        cast: Callable[[str], Any] | None = None,
        **options: Any,
    ) -> None:
        self.raise_if_missing, self.cast = raise_if_missing, cast
        super().__init__(name, **options)

    def run(self) -> Any:
        """Read the variable.

        Raises
        ------
        SecretNotFound
        """
        text = os.environ.get(self.name)
        if text is None:
            if self.raise_if_missing:
                raise SecretNotFound(self.name, "set this environment variable")
            return None
        register(text)
        return SecretText(text) if self.cast is None else self.cast(text)


__all__ = ["SOURCES", "EnvVarSecret", "PrefectSecret", "Secret", "SecretText", "from_environment", "from_vault"]
