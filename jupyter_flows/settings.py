"""Settings, read once: environment ``JUPYTER_FLOWS_*``, then ``config.toml`` in the flows directory, then defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from jupyter_flows.errors import SettingsError

MEMORY = "memory:"
TASK_RUNNERS = ("threads", "processes", "sequential")
LIVE_GRAPHS = ("auto", "always", "never")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
KERNEL_STARTS = ("forked", "spawned")
CALL_RESULTS = ("value", "outcome", "state", "future")
CONFIG_FILE = "config.toml"

_NO = frozenset({"no", "n", "false", "off", "0", "0.0", ""})
_YES = frozenset({"yes", "y", "true", "on", "1", "1.0"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked.

    Parameters
    ----------
    flows_dir
        Where the store, the run folders and ``config.toml`` are (environment: ``JUPYTER_FLOWS_DIR``).
    database_url
        ``sqlite:///PATH``, or ``memory:`` for a store that ends with the process.
    results_url
        Where kept values are: a folder, or any URL that fsspec knows (``s3://bucket/results``).
    runs_dir
        Where each run keeps its files.
    max_workers
        Threads, or processes, that run tasks at a time.
    heartbeat_seconds, lease_seconds
        How often an owner renews its lease, and how long the lease lasts.
    poll_seconds
        How often a waiting process looks at the store.
    busy_seconds
        How long a locked store is waited for.
    mark_delay_seconds
        How long Pending and Running marks may lag behind.
    task_runner
        ``threads``, ``processes`` or ``sequential``.
    limits
        Slots of each named concurrency limit.
    log_level
        Level from which log records of runs are kept.
    history
        Whether each state of a task run is kept, or only its last one.
    artifact_max_bytes
        How large a file may be that is attached to a run.
    live_graph
        ``auto`` shows live graphs where a front end names the cell that runs; ``always`` or ``never`` otherwise.
    kernel_start
        ``forked`` where that can be, from the second notebook of a process on; or always ``spawned``.
    kernel_packages
        Packages that are loaded before a kernel is forked, where its notebook imports them.
    kernel_spares
        How many forked kernels wait, ready to begin, in each process that runs notebooks.
    kernel_idle_seconds
        After how long without a notebook they, and what forks them, end.
    kept_max_bytes
        How much a notebook run may keep of what its tasks give, for a further attempt of it.
    event_days
        For how many days events are kept, where a runner is there; never more than 200,000 of them.
    statsd_url
        ``statsd://HOST:PORT`` or ``dogstatsd://HOST:PORT``, which is sent counters and durations; empty for none.
    call_result
        What a direct call under `jupyter_flows.compat` gives: ``value``, ``outcome``, ``state`` or ``future``.
    sources
        Setting to where its value came from.
    """

    flows_dir: Path
    database_url: str
    runs_dir: Path
    results_url: str
    max_workers: int = 8
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 20.0
    poll_seconds: float = 1.0
    busy_seconds: float = 30.0
    mark_delay_seconds: float = 0.1
    task_runner: str = "threads"
    limits: Mapping[str, int] = field(default_factory=dict[str, int])
    log_level: str = "INFO"
    history: bool = True
    artifact_max_bytes: int = 100_000_000
    live_graph: str = "auto"
    kernel_start: str = "forked"
    kernel_packages: tuple[str, ...] = ("matplotlib", "numpy", "pandas")
    kernel_spares: int = 2
    kernel_idle_seconds: float = 300.0
    kept_max_bytes: int = 1_000_000_000
    event_days: float = 14.0
    statsd_url: str = ""
    call_result: str = "outcome"
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)

    @property
    def database_path(self) -> Path | None:
        """The store's file; None for the in-memory store."""
        return database_path(self.database_url)

    def variables(self) -> dict[str, str]:
        """The environment variables that lead another process to the same store and folders."""
        return {
            "JUPYTER_FLOWS_DIR": str(self.flows_dir),
            "JUPYTER_FLOWS_DATABASE_URL": self.database_url,
            "JUPYTER_FLOWS_RUNS_DIR": str(self.runs_dir),
            "JUPYTER_FLOWS_RESULTS_URL": self.results_url,
        }

    def describe(self) -> list[tuple[str, object, str]]:
        """Return name, value and source of each setting, for ``jupyter flows config``."""
        return [
            (setting.name, getattr(self, setting.name), self.sources.get(setting.name, "default"))
            for setting in fields(self)
            if setting.name != "sources"
        ]


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    environ
        The environment to read, the process's own by default.

    Raises
    ------
    SettingsError
        A value that cannot be meant, or a name in ``config.toml`` that does not exist.
    """
    env = os.environ if environ is None else environ
    flows_dir, source = _flows_dir(env)
    values: dict[str, object] = {"flows_dir": flows_dir}
    sources = {"flows_dir": source}
    config_path = flows_dir / CONFIG_FILE
    for name, value in _read_config(config_path).items():
        values[name], sources[name] = _checked(name, value, str(config_path)), str(config_path)
    for name in _PARSERS:
        variable = f"JUPYTER_FLOWS_{name.upper()}"
        if variable in env:
            values[name], sources[name] = _checked(name, env[variable], variable), variable
    values.setdefault("database_url", f"sqlite:///{flows_dir / 'flows.db'}")
    values.setdefault("runs_dir", flows_dir / "runs")
    values.setdefault("results_url", str(flows_dir / "results"))
    settings = Settings(**values, sources=sources)  # pyright: ignore[reportArgumentType]
    if settings.lease_seconds <= settings.heartbeat_seconds:
        wanted = f"give more than heartbeat_seconds ({settings.heartbeat_seconds:g}), better three times as much"
        raise SettingsError("lease_seconds", settings.lease_seconds, wanted)
    return settings


def database_path(url: str) -> Path | None:
    """Return the file that a checked database URL names; None for the in-memory store."""
    return None if url == MEMORY else Path(url.removeprefix("sqlite:///")).expanduser()


def jupyter_data_dir(environ: Mapping[str, str]) -> Path:
    """Return Jupyter's data directory by the rule of ``jupyter_core.paths``, whose import would cost 20 ms."""
    if given := environ.get("JUPYTER_DATA_DIR"):
        return Path(given)
    asked = environ.get("JUPYTER_PLATFORM_DIRS")
    if sys.platform == "win32" or (asked is not None and asked.lower() not in _NO - {""}):
        from jupyter_core.paths import jupyter_data_dir as full_rule

        return Path(full_rule())
    home = Path(environ.get("HOME") or "~").expanduser().resolve()
    if sys.platform == "darwin":
        return home / "Library" / "Jupyter"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "jupyter"


def _flows_dir(environ: Mapping[str, str]) -> tuple[Path, str]:
    given = environ.get("JUPYTER_FLOWS_DIR")
    if given:
        return Path(given).expanduser().absolute(), "JUPYTER_FLOWS_DIR"
    source = "JUPYTER_DATA_DIR" if environ.get("JUPYTER_DATA_DIR") else "default"
    return (jupyter_data_dir(environ) / "flows").absolute(), source


def _read_config(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    import tomllib  # only who has the file pays for reading it

    try:
        found: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(CONFIG_FILE, str(path), f"it cannot be read as TOML: {error}") from error
    for name, value in found.items():
        if name not in _PARSERS:
            from difflib import get_close_matches  # deferred: only a mistake needs it

            near = get_close_matches(name, _PARSERS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known settings: {', '.join(sorted(_PARSERS))}"
            raise SettingsError(name, value, f"{path} names a setting that does not exist; {hint}")
    return found


def _checked(name: str, value: object, source: str) -> object:
    try:
        return _PARSERS[name](value)
    except ValueError as error:
        shown = str(value).partition("://")[0] if name == "database_url" else value  # an address may hold a password
        raise SettingsError(name, shown, f"give {error} (it was read from {source})") from None


def _count(value: object) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if type(number) is not int or number < 1:
        raise ValueError("a whole number from 1 up")
    return number


def _seconds(value: object) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
    except ValueError:
        number = -1.0
    if not 0.0 <= number < float("inf"):
        raise ValueError("a number of seconds, 0 or more")
    return number


def _some_seconds(value: object) -> float:
    if (number := _seconds(value)) == 0.0:
        raise ValueError("a number of seconds above 0")
    return number


def _switch(value: object) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool):
        return word
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError("true or false")


def _folder(value: object) -> Path:
    if not isinstance(value, str) or not value:
        raise ValueError("a directory")
    return Path(value).expanduser().absolute()


def _database_url(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if text in {MEMORY, "sqlite://", "sqlite:///:memory:"}:
        return MEMORY
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return f"sqlite:///{Path(text.removeprefix('sqlite:///')).expanduser().absolute()}"
    kind = text.partition(":")[0] or "nothing"
    raise ValueError(f"sqlite:///PATH or {MEMORY}, the stores of this version; {kind!r} is not one of them")


def _count_or_none(value: object) -> int:
    try:
        return 0 if value in {0, "0"} and value is not False else _count(value)
    except (TypeError, ValueError):
        raise ValueError("a whole number, 0 or more") from None


def _names(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):  # pyright: ignore[reportUnknownVariableType]
        raise ValueError('names such as ["numpy", "pandas"], or in the environment "numpy,pandas"')
    names = tuple(sorted({part.strip() for part in parts if part.strip()}))  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not all(name.isidentifier() for name in names):
        raise ValueError("top-level names of packages, as they are imported")
    return names


def _limits(value: object) -> dict[str, int]:
    wanted = ValueError('a table of slots such as db = 2, or in the environment "db=2,api=5"')
    if isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        value = {name.strip(): slots.strip() for name, _, slots in pairs}
    if not isinstance(value, Mapping):
        raise wanted
    try:
        limits = {str(name): _count(slots) for name, slots in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    except ValueError:
        raise wanted from None
    if "" in limits:
        raise wanted
    return limits


def _results_url(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a folder, or a URL such as s3://bucket/results")
    return value if "://" in value else str(_folder(value))


def _statsd_url(value: object) -> str:
    text = value.strip() if isinstance(value, str) else "?"
    if not text:
        return ""
    from urllib.parse import urlsplit  # deferred: it takes longer than all the rest of this file

    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"statsd", "dogstatsd"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("statsd://HOST:PORT or dogstatsd://HOST:PORT, or nothing")
    return text


def _one_of(words: tuple[str, ...], fold: Callable[[str], str]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        word = fold(value.strip()) if isinstance(value, str) else ""
        if word not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return word

    return parse


# Each setting that may be given, and how its value is checked; the error's text says what is wanted.
_PARSERS: Mapping[str, Callable[[object], object]] = {
    "database_url": _database_url,
    "runs_dir": _folder,
    "results_url": _results_url,
    "max_workers": _count,
    "heartbeat_seconds": _some_seconds,
    "lease_seconds": _some_seconds,
    "poll_seconds": _some_seconds,
    "busy_seconds": _seconds,
    "mark_delay_seconds": _seconds,
    "task_runner": _one_of(TASK_RUNNERS, str.lower),
    "limits": _limits,
    "log_level": _one_of(LOG_LEVELS, str.upper),
    "live_graph": _one_of(LIVE_GRAPHS, str.lower),
    "history": _switch,
    "kernel_start": _one_of(KERNEL_STARTS, str.lower),
    "kernel_packages": _names,
    "kernel_spares": _count_or_none,
    "kernel_idle_seconds": _some_seconds,
    "artifact_max_bytes": _count,
    "kept_max_bytes": _count,
    "event_days": _some_seconds,
    "statsd_url": _statsd_url,
    "call_result": _one_of(CALL_RESULTS, str.lower),
}
