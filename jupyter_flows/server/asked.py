"""A request as an operation sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from jupyter_flows.server.site import Site

Query = TypeVar("Query")
Form = TypeVar("Form")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Query, Form]):
    """One request, already authorized and read.

    Parameters
    ----------
    site
        What the extension has open.
    ids
        From the path, by the names of its places; each fits its pattern.
    query, form
        As the operation's contract says; the form is None where it has none.
    may
        Which actions the user is allowed.
    """

    site: Site
    ids: Mapping[str, str]
    query: Query
    form: Form
    may: frozenset[str] = frozenset()

    @property
    def run(self) -> str:
        """The id of the run that the path names."""
        return self.ids["run"]


__all__ = ["Asked"]
