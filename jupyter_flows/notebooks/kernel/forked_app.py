"""ipykernel's application in two steps: a kernel that listens and is warm, then what belongs to one notebook.

Runs in the kernel's interpreter: needs nothing but Python and ipykernel.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jupyter_flows.notebooks.kernel.fork_preloads import use_once_more
from jupyter_flows.notebooks.kernel.in_line import AFTER, CALLED_OFF
from jupyter_flows.notebooks.kernel.quick_outputs import as_if_it_were, use_quick_outputs
from jupyter_flows.notebooks.kernel.wire import Wire

if TYPE_CHECKING:
    _App: Any = object
    _Kernel: Any = object
else:
    _App = _Kernel = object  # ipykernel's own come behind them in `kernel_app_class`

_INLINE = "matplotlib_inline.backend_inline"
INLINE = f"module://{_INLINE}"

_PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
_CONTROL_SECONDS = 2.0
_WARM_UP_MS = 5000
_READER_TURNS = 20
_SLEEP = "_execute_sleep"


def listening_app(folder: Path) -> Any:
    """Return the application of a kernel that listens in this folder, which is made, and has not run anything yet."""
    folder.mkdir(mode=0o700)
    connection_file = str(folder / "kernel.json")
    _write_connection(connection_file, str(folder / "k"))
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv[:] = [launcher.origin if launcher and launcher.origin else "", "-f", connection_file]
    # 1 is a parent that is not to be watched: that is what the lease is for.
    app = kernel_app_class().instance(parent_handle=1)
    app.initialize([*sys.argv[1:], "--HistoryManager.hist_file=:memory:"])
    _omit_waits(app)
    return app


def _omit_waits(app: Any) -> None:
    """Leave out what a kernel does with each cell for clients and readers that this one does not have."""
    app.log.setLevel(app.log_level)  # its handler has that level, so that each record would be made and dropped
    setattr(app.kernel, _SLEEP, 0)  # half a millisecond, for clients that do not wait for the sign that it is idle


def _write_connection(path: str, ip: str) -> None:
    about = {"transport": "ipc", "ip": ip, "key": secrets.token_hex(16), "signature_scheme": "hmac-sha256"}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump({**_PORTS, **about}, file)


@cache
def kernel_app_class() -> Any:
    """The class of the application: made before the first fork, it is one of the larger things that kernels share."""
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp

    use_quick_outputs()
    kernel = as_if_it_were(IPythonKernel, _ForkedKernel)
    return type(IPKernelApp)("ForkedKernelApp", (_ForkedKernelApp, IPKernelApp), {"kernel_class": kernel})


class _ForkedKernel(_Kernel):
    """The usual kernel, which reads its requests itself, and ends a cell when all that it printed was taken in."""

    _supports_kernel_subshells = False
    _under_way = _went_well = ""  # ids of requests

    def __init__(self, **options: Any) -> None:
        with _listed_modules():
            super().__init__(**options)
        self._called_off = os.path.join(os.path.dirname(self.parent.abs_connection_file), CALLED_OFF)  # noqa: PTH118, PTH120

    def should_handle(self, stream: Any, msg: Any, idents: Any) -> Any:
        if msg["header"]["msg_type"] == "execute_request":
            after = msg["metadata"].get(AFTER)
            if after is not None and (after != self._went_well or os.path.exists(self._called_off)):  # noqa: PTH110
                self._send_abort_reply(stream, msg, idents)
                return False
            self._under_way, self._went_well = msg["header"]["msg_id"], ""
        return super().should_handle(stream, msg, idents)

    async def do_execute(self, *args: Any, cell_meta: Any = None, cell_id: Any = None, **options: Any) -> Any:
        reply = await super().do_execute(*args, cell_meta=cell_meta, cell_id=cell_id, **options)
        _await_readers()
        asks_for_end = any(part.get("source") == "ask_exit" for part in reply.get("payload") or ())
        if reply["status"] == "ok" and not asks_for_end and not self.comm_manager.comms:
            self._went_well = self._under_way
        return reply


@cache
def files_of_modules() -> Mapping[str, Any]:
    """Stand-ins for the modules that are loaded at the first call, which is before the first fork, with their files."""
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return {name: SimpleNamespace(__file__=f"{file}\0"[:-1]) for name, file in files.items() if file}


@contextlib.contextmanager
def _listed_modules() -> Iterator[None]:
    """Let a kernel list the files of all modules, for its debugger, without touching these: each would be copied."""
    from ipykernel import ipkernel

    names: dict[str, Any] = ipkernel.__dict__
    names["sys"] = SimpleNamespace(**{**vars(sys), "modules": files_of_modules()})
    try:
        yield
    finally:
        names["sys"] = sys


class _ForkedKernelApp(_App):
    """The usual application, where the steps that a notebook can see come last."""

    serves = False

    def init_control(self, context: Any) -> None:
        super().init_control(context)
        thread = getattr(self, "shell_channel_thread", None)
        if thread is not None:  # since ipykernel 7
            thread.io_loop.close(all_fds=True)
            self.shell_channel_thread = _NoThread()

    def init_iopub(self, context: Any) -> None:
        context.sndhwm = 0  # outputs that wait to be sent: no bound, beyond which they would be dropped
        super().init_iopub(context)

    def init_extensions(self) -> None:
        """Not yet: they may look at the folder and the environment."""

    def init_code(self) -> None:
        """Not yet."""

    def rehearse(self, packages: Iterable[str]) -> None:
        """Try out packages that the notebook will use, before somebody waits for it; nothing of it can be seen."""
        _join_matplotlib()
        use_once_more(packages)
        _leave_matplotlib()

    def finish(self) -> None:
        """Load the extensions and run the startup files of the user's profile."""
        super().init_extensions()
        _join_matplotlib()
        super().init_code()
        sys.stdout.flush()
        sys.stderr.flush()

    def wait(self, handle: int, seconds: float) -> None:
        """Serve a request or two of our own, and wait until there is something to read."""
        self.kernel.start()
        self.serves = True
        _serve_until(self, handle, seconds)

    def start(self) -> None:
        if not self.serves:
            self.kernel.start()
        self.kernel.io_loop.start()
        # The thread that answers a shutdown flushes through the thread of the outputs. Once that has ended, which
        # is the first thing that happens now, it would wait ten seconds for nothing.
        if self.control_thread is not None and self.control_thread.is_alive():
            self.control_thread.stop()
            self.control_thread.join(timeout=_CONTROL_SECONDS)


def _await_readers() -> None:
    """Wait until what programs and libraries wrote past Python was read: it is taken for what runs at that moment."""
    streams: list[Any] = [stream for stream in (sys.stdout, sys.stderr) if hasattr(stream, "has_taken_all")]
    for _ in range(_READER_TURNS):  # not for ever: a program may print on
        if all(stream.has_taken_all() for stream in streams):
            return
        time.sleep(0.001)


class _NoThread:
    """Stands for the thread that reads requests and hands them on: one without subshells has nobody to choose from."""

    def __init__(self) -> None:
        self.parent_thread = threading.current_thread()

    def __bool__(self) -> bool:
        return False


def _serve_until(app: Any, handle: int, seconds: float) -> None:
    loop = app.kernel.io_loop
    patience: list[Any] = []

    def stop(*_: object) -> None:
        loop.stop()

    def listen() -> None:
        loop.add_handler(handle, stop, loop.READ)
        patience.append(loop.call_later(seconds, stop))

    threading.Thread(target=_warm_up, args=(app, lambda: loop.add_callback(listen)), daemon=True).start()
    loop.start()
    loop.remove_handler(handle)
    for timer in patience:
        loop.remove_timeout(timer)


def _warm_up(app: Any, then: Callable[[], None]) -> None:
    """Be the kernel's first client: what it does for the first time takes it several times as long.

    Both requests leave no trace: the second is silent and not counted.
    """
    import zmq

    wire = Wire(app.session.key.decode("ascii"))
    quiet = {"code": "pass", "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    try:
        with zmq.Context() as context, context.socket(zmq.DEALER) as shell:
            shell.linger = 0
            shell.identity = wire.identity
            shell.connect(f"ipc://{app.ip}-{_PORTS['shell_port']}")
            for kind, content in [("kernel_info_request", {}), ("execute_request", quiet)]:
                shell.send_multipart(wire.encode(kind, content, {})[1])
                if not shell.poll(_WARM_UP_MS):
                    return
                shell.recv_multipart()
    finally:
        then()


def _join_matplotlib() -> None:
    """Do what matplotlib does at its import when there is a shell, which there was not."""
    os.environ.setdefault("MPLBACKEND", INLINE)
    inline, pyplot = sys.modules.get(_INLINE), sys.modules.get("matplotlib.pyplot")
    if inline is not None:
        vars(inline)["_enable_matplotlib_integration"]()
    if pyplot is not None:
        with contextlib.suppress(AttributeError):
            pyplot.install_repl_displayhook()


def _leave_matplotlib() -> None:
    """Take back what it asked the shell to call, so that it comes behind what the user's extensions ask for."""
    inline, pyplot = sys.modules.get(_INLINE), sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with contextlib.suppress(AttributeError):
            pyplot.uninstall_repl_displayhook()
    if inline is not None:
        with contextlib.suppress(ValueError):
            vars(inline)["get_ipython"]().events.unregister("post_execute", vars(inline)["flush_figures"])
