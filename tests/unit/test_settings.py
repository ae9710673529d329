"""Settings: where they come from, and how bad ones are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_flows.errors import SettingsError
from jupyter_flows.settings import load_settings


def test_defaults_follow_the_data_directory(tmp_path: Path):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    assert settings.flows_dir == tmp_path / "flows"
    assert settings.database_path == tmp_path / "flows" / "flows.db"
    assert settings.runs_dir == tmp_path / "flows" / "runs"
    assert (settings.max_workers, settings.heartbeat_seconds, settings.lease_seconds) == (8, 5.0, 20.0)
    assert (settings.task_runner, settings.history, settings.limits) == ("threads", True, {})


@pytest.mark.skipif(sys.platform != "linux", reason="the rule of this platform")
@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOME": "/h"}, "/h/.local/share/jupyter/flows"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x"}, "/x/jupyter/flows"),
        ({"HOME": "/h", "JUPYTER_DATA_DIR": "/j"}, "/j/flows"),
        ({"HOME": "/h", "JUPYTER_DATA_DIR": "/j", "JUPYTER_FLOWS_DIR": "/f"}, "/f"),
        ({"HOME": "/h", "JUPYTER_PLATFORM_DIRS": "0"}, "/h/.local/share/jupyter/flows"),
    ],
)
def test_the_flows_directory_follows_jupyters_rule(environ: dict[str, str], expected: str):
    assert str(load_settings(environ).flows_dir) == expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_rule_is_the_one_of_jupyter_core(monkeypatch: pytest.MonkeyPatch):
    from jupyter_core.paths import jupyter_data_dir

    monkeypatch.delenv("JUPYTER_DATA_DIR", raising=False)
    assert str(load_settings(dict(os.environ)).flows_dir.parent) == jupyter_data_dir()


def test_environment_wins_over_the_file_which_wins_over_defaults(tmp_path: Path):
    config = tmp_path / "config.toml"
    config.write_text('max_workers = 3\nbusy_seconds = 7\nlog_level = "debug"\n[limits]\ndb = 2\n')
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path), "JUPYTER_FLOWS_MAX_WORKERS": "5"})
    assert (settings.max_workers, settings.busy_seconds, settings.log_level) == (5, 7.0, "DEBUG")
    assert settings.limits == {"db": 2}
    described = {name: (value, source) for name, value, source in settings.describe()}
    assert described["max_workers"] == (5, "JUPYTER_FLOWS_MAX_WORKERS")
    assert described["busy_seconds"] == (7.0, str(config))
    assert described["lease_seconds"] == (20.0, "default")
    assert described["flows_dir"][1] == "JUPYTER_FLOWS_DIR"
    assert "sources" not in described


@pytest.mark.parametrize(
    ("name", "good", "value"),
    [
        ("LIMITS", "db=2, api=5", {"db": 2, "api": 5}),
        ("LIMITS", "", {}),
        ("HISTORY", "off", False),
        ("HISTORY", "TRUE", True),
        ("TASK_RUNNER", "Sequential", "sequential"),
        ("MARK_DELAY_SECONDS", "0", 0.0),
        ("KERNEL_START", "Spawned", "spawned"),
        ("KERNEL_PACKAGES", "pandas, numpy,", ("numpy", "pandas")),
        ("KERNEL_PACKAGES", "", ()),
        ("KERNEL_SPARES", "0", 0),
        ("KERNEL_SPARES", "4", 4),
        ("KERNEL_IDLE_SECONDS", "60", 60.0),
        ("CALL_RESULT", "State", "state"),
        ("RUNS_DIR", "/r", Path("/r")),
        ("DATABASE_URL", "memory:", "memory:"),
        ("DATABASE_URL", "sqlite://", "memory:"),
        ("DATABASE_URL", "sqlite:////a/b.db", "sqlite:////a/b.db"),
    ],
)
def test_a_good_value_is_read(tmp_path: Path, name: str, good: str, value: object):
    environ = {"JUPYTER_FLOWS_DIR": str(tmp_path), f"JUPYTER_FLOWS_{name}": good}
    assert getattr(load_settings(environ), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "bad", "said"),
    [
        ("max_workers", "0", "whole number from 1"),
        ("max_workers", "many", "whole number from 1"),
        ("heartbeat_seconds", "-1", "number of seconds"),
        ("heartbeat_seconds", "0", "above 0"),
        ("heartbeat_seconds", "nan", "number of seconds"),
        ("lease_seconds", "3", "more than heartbeat_seconds"),
        ("busy_seconds", "inf", "number of seconds"),
        ("limits", "db", "table of slots"),
        ("limits", "db=0", "table of slots"),
        ("limits", "=3", "table of slots"),
        ("history", "perhaps", "true or false"),
        ("task_runner", "dask", "one of threads, processes, sequential"),
        ("log_level", "loud", "one of DEBUG"),
        ("kernel_start", "both", "one of forked, spawned"),
        ("kernel_packages", "numpy.linalg", "top-level names"),
        ("kernel_spares", "-1", "0 or more"),
        ("kernel_spares", "many", "0 or more"),
        ("kernel_idle_seconds", "0", "above 0"),
        ("database_url", "postgresql://me:secret@host/db", "'postgresql' is not one of them"),
        ("database_url", "", "'nothing' is not one of them"),
        ("call_result", "promise", "one of value, outcome, state, future"),
        ("runs_dir", "", "a directory"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, bad: str, said: str):
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path), f"JUPYTER_FLOWS_{name.upper()}": bad})
    assert caught.value.name == name
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_worker = 3", "did you mean max_workers"),
        ("zzz = 3", "known settings: "),
        ("max_workers = true", "whole number"),
        ("limits = 3", "table of slots"),
        ("max_workers = ", "cannot be read as TOML"),
        ("\udc80", "cannot be read as TOML"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "config.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=said):
        load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)})


def test_reading_settings_imports_nothing_heavy(tmp_path: Path):
    code = (
        "import sys; from jupyter_flows.settings import load_settings;"
        f"load_settings({{'HOME': {str(tmp_path)!r}}});"
        "print(sorted({'tomllib', 'jupyter_core', 'pydantic', 'sqlalchemy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
