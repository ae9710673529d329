"""Ask a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_flows.authoring.secret import Secret
from jupyter_flows.authoring.task import task
from jupyter_flows.errors import QueryFailed


@task(name="sql-query")
def sql_query(
    url: str | Secret,
    statement: str,
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Run one SQL statement in a transaction and return its rows.

    Parameters
    ----------
    url
        An address that SQLAlchemy knows, such as ``sqlite:///rows.db``; a `Secret` where it has a password.
    statement
        With ``:name`` in the place of each value; values are never pasted into it.
    parameters
        The values by name; a list of them runs the statement once for each.

    Returns
    -------
    list of dict
        The rows by their columns; empty where the statement gives none.

    Raises
    ------
    QueryFailed
        Without the values, and without the password.
    """
    import sqlalchemy as sa  # deferred: heavy
    from sqlalchemy.exc import SQLAlchemyError

    address = str(url.get()) if isinstance(url, Secret) else url
    try:
        engine = sa.create_engine(address, poolclass=sa.NullPool, hide_parameters=True)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise QueryFailed(_shown(address), str(error)) from None
    try:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement), parameters)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []
    except SQLAlchemyError as error:
        raise QueryFailed(_shown(address), str(getattr(error, "orig", None) or error)) from None
    finally:
        engine.dispose()


def _shown(address: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(address).render_as_string(hide_password=True)
    except ArgumentError:
        return "an address that is none"


__all__ = ["sql_query"]
