"""All looks, one after the other: each is made even where another one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jupyter_flows.errors import JupyterFlowsError, SettingsError
from jupyter_flows.services.health.clock import look_at_clock
from jupyter_flows.services.health.finding import FAIL, OK, Finding
from jupyter_flows.services.health.folders import look_at_folders
from jupyter_flows.services.health.kernels import look_at_kernels
from jupyter_flows.services.health.packages import look_at_packages
from jupyter_flows.services.health.runners import look_at_runners
from jupyter_flows.services.health.store_file import look_at_sqlite, look_at_store
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store.revision import HEAD
from jupyter_flows.store.schema import revision_of
from jupyter_flows.store.store_file import StoreFile


def examine(*, starts_kernels: bool = True) -> Iterator[Finding]:
    """Look at everything; nothing is made, and nothing is changed.

    Parameters
    ----------
    starts_kernels
        Whether kernels are started to see that they do.
    """
    yield from _guarded("packages", look_at_packages)
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Finding(FAIL, "settings", str(error), "jupyter flows config shows where each setting comes from")
        return
    own = [name for name in settings.sources if name != "flows_dir"]
    yield Finding(OK, "settings", f"{', '.join(own)} set, the others by default" if own else "all by default")
    yield from _guarded("directory", lambda: look_at_folders(settings))
    yield look_at_sqlite()
    before = list(_guarded("store", lambda: look_at_store(settings)))
    yield from before
    usable = all(one.level != FAIL for one in before)
    yield from _of_content(settings) if usable and _is_current(settings) else look_at_clock(None)
    yield from _guarded("kernels", look_at_kernels)
    if starts_kernels:
        from jupyter_flows.services.health.fork_server import look_at_fork_server  # what talks to kernels is large

        yield look_at_fork_server(settings)


def _of_content(settings: Settings) -> Iterator[Finding]:
    assert settings.database_path is not None
    store = StoreFile(settings.database_path, settings.busy_seconds)
    try:
        yield from _guarded("clock", lambda: look_at_clock(store))
        yield from _guarded("runners", lambda: look_at_runners(store))
    finally:
        store.close()


def _is_current(settings: Settings) -> bool:
    path = settings.database_path
    return path is not None and revision_of(path, settings.busy_seconds) == HEAD


def _guarded(about: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (JupyterFlowsError, OSError) as error:
        yield Finding(FAIL, about, f"it cannot be looked at: {error}")


__all__ = ["examine"]
