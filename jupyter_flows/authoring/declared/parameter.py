"""`Parameter`: a value of a graph that is known only when it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.task import Task
from jupyter_flows.errors import BadOption

_NOT_GIVEN: Any = object()


class Parameter(Task[..., Any]):
    """A root of the graph, given by ``f.run(name=value)``.

    Parameters
    ----------
    name
        Unique in a flow.
    default
        The value where none is given; without a default one must be given.
    required
        False: without a default the value is None.
    """

    def __init__(
        self, name: str, default: Any = _NOT_GIVEN, required: bool | None = None, tags: Iterable[str] = ()
    ) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption("Parameter", "name", name, "give a text")
        self.required = default is _NOT_GIVEN and required is not False
        self.default = None if default is _NOT_GIVEN else default
        super().__init__(_itself, {"name": name, "tags": list(tags)})

    def __getitem__(self, key: Any) -> Placed:
        return self.placed()[key]

    def __repr__(self) -> str:
        return f"<Parameter {self.name}>"


def _itself(value: Any = None) -> Any:
    return value
