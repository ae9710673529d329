"""What is imported before the first fork, and whether it leaves a process that can be forked.

Runs in the fork server, so in the kernel's interpreter: needs nothing but Python and ipykernel.
"""

from __future__ import annotations

import importlib
import io
import sys
import threading
import warnings
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

# What a kernel imports by and by on its way to its first cell and its first traceback. Some are not in every version.
_KERNEL_PARTS = [
    *("ipykernel.kernelapp", "ipykernel.debugger"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect"),
    *("IPython.extensions.storemagic", "IPython.utils.wildcard", "IPython.core.display_functions"),
    *("tornado.platform.asyncio", "tornado.gen", "tornado.locks", "tornado.queues", "comm", "pdb", "pydoc", "sqlite3"),
    *("stack_data", "executing", "asttokens", "pure_eval", "pygments.formatters.terminal256", "pygments.lexers.python"),
    *("pygments.styles.default", "pexpect", "encodings.idna", "faulthandler", "http.server", "xmlrpc.server"),
]

_OLDEST = 6  # the major version of ipykernel whose parts these are

# A package to those of its modules that a first table or plot imports.
_HEART = {
    "matplotlib": ("matplotlib.pyplot", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin"),
    "pandas": ("pandas", "pandas.io.formats.html", "pandas.io.formats.string"),
}

_TURNS = 2  # the first finds, the second runs what the interpreter has adapted meanwhile

# Its OpenBLAS has threads (of no name of their own), ends them before a fork and starts them when they are needed.
_HAS_BLAS = "numpy"

# jemalloc, which comes with pyarrow and so with pandas, holds its locks over a fork and frees them on both sides.
_HANDLE_FORKS = {"jemalloc_bg_thd"}


class Unforkable(Exception):
    """A process that must not fork."""


def load_ipykernel() -> None:
    """Import what every kernel imports.

    Raises
    ------
    ImportError
        There is no ipykernel.
    Unforkable
        It is too old, or something in it has started a thread.
    """
    version = str(vars(importlib.import_module("ipykernel"))["__version__"])
    if int(version.partition(".")[0]) < _OLDEST:
        raise Unforkable(f"ipykernel {version} is older than {_OLDEST}")
    for name in _KERNEL_PARTS:
        with suppress(ImportError):
            importlib.import_module(name)
    if "ssl" in sys.modules:
        sys.modules["ssl"].RAND_status()  # makes tables of several megabytes, which each kernel would make for itself
    if threads() > 1 or threading.active_count() > 1:
        raise Unforkable("importing ipykernel starts a thread")


def load_packages(packages: list[str]) -> int:
    """Import packages; return how many threads the process has then.

    Raises
    ------
    Unforkable
        One of them cannot be imported, says something while it is (a kernel's own import would say it in the
        notebook), or starts threads.
    """
    allowed = 1
    for package in sorted(packages, key=lambda name: (name != _HAS_BLAS, name)):
        _load_silently(package)
        _use_silently(package, _TURNS)
        if package == _HAS_BLAS:
            allowed = threads()
        if threads() > allowed or threading.active_count() > 1:
            raise Unforkable(f"importing {package} starts threads")
    return allowed


def _load_silently(package: str) -> None:
    said, around = io.StringIO(), warnings.showwarning
    warnings.showwarning = lambda message, *_, **__: said.write(str(message))
    try:
        with redirect_stdout(said), redirect_stderr(said):
            for module in _HEART.get(package, (package,)):
                importlib.import_module(module)
    except Exception as error:
        raise Unforkable(f"importing {package} fails: {type(error).__name__}: {error}") from error
    finally:
        warnings.showwarning = around
    if said.getvalue():
        raise Unforkable(f"importing {package} says something: {said.getvalue()[:200]}")


def use_once_more(packages: Iterable[str]) -> None:
    """Use packages in a forked process, which only then gets copies of its own of all that changes by that.

    Making them costs more than what is done for it here: a first plot would take half as long again.
    """
    for package in packages:
        if package in sys.modules:
            _use_silently(package, 1)


def _use_silently(package: str, turns: int) -> None:
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(Exception):
        warnings.simplefilter("ignore")  # one that is shown is not shown again to the notebook
        _FIRST_USES.get(package, _nothing)(turns)


# What a package does for the first time takes it longer, and leaves what all kernels can share: fonts and plug-ins that
# were found, modules that are imported late, code that has adapted itself. Nothing of it can be seen in a notebook.


def _draw(turns: int) -> None:
    """Draw a figure, by its own canvas and whatever the user's settings are."""
    matplotlib: Any = importlib.import_module("matplotlib")
    canvas: Any = importlib.import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
    getattr(sys.modules.get("PIL.Image"), "preinit", _nothing)()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for _ in range(turns):
            figure = importlib.import_module("matplotlib.figure").Figure()
            canvas(figure)
            figure.add_subplot().plot([1, 2, 3], [1.5, 2.5, 4.0])
            figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")


def _show_table(turns: int) -> None:
    """Write a table and its summary, as text and as a page."""
    table: Any = importlib.import_module("pandas").DataFrame
    frame = table({"a": range(70), "b": [number / 3 for number in range(70)], "c": ["x"] * 70})
    for _ in range(turns):
        for one in (frame, frame.describe()):
            one.to_html(max_rows=10)
            repr(one)


def _nothing(*_: object) -> None:
    pass


_FIRST_USES = {"matplotlib": _draw, "pandas": _show_table}


def threads() -> int:
    """How many threads the process has, those of libraries included, except where they are known to handle forks."""
    tasks = Path("/proc/self/task")
    return sum((task / "comm").read_text().strip() not in _HANDLE_FORKS for task in tasks.iterdir())
