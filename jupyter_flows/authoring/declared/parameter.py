"""`Parameter`: a value of a graph that is known only when it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.authoring.task import Task
from jupyter_flows.errors import BadOption

NOT_GIVEN: Any = object()


class Parameter(Task[..., Any]):
    """A root of the graph, given by ``f.run(name=value)``.

    Parameters
    ----------
    name
        Unique in a flow.
    default
        The value where none is given; without a default one must be given.
    required
        True: a value must be given, whatever the default is. False: without a default the value is None.
    """

    def __init__(
        self, name: str, default: Any = NOT_GIVEN, required: bool | None = None, tags: Iterable[str] = ()
    ) -> None:
        if not isinstance(name, str) or not name:
            raise BadOption("Parameter", "name", name, "give a text")
        self.required = default is NOT_GIVEN if required is None else bool(required)
        self.default = None if default is NOT_GIVEN else default
        super().__init__(_itself, {"name": name, "tags": list(tags)})

    def read(self, value: Any) -> Any:
        """Return the value that the tasks see for one that was given.

        Raises
        ------
        ValueError
            What was given cannot be meant; the message goes on from the parameter's name.
        """
        return value

    def __getitem__(self, key: Any) -> Placed:
        return self.placed()[key]

    def __iter__(self) -> Iterator[Placed]:
        return iter(self.placed())

    def __repr__(self) -> str:
        return f"<Parameter {self.name}>"


def _itself(value: Any = None) -> Any:
    return value


__all__ = ["NOT_GIVEN", "Parameter"]
