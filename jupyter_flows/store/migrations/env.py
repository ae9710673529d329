from __future__ import annotations

from alembic import context

from jupyter_flows.store.tables import metadata

# `store.migrate` gives the connection and its one transaction: either the whole migration is there or nothing.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
