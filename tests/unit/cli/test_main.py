from __future__ import annotations

import errno
import subprocess
import sys
from unittest.mock import Mock

import pytest

from jupyter_flows.cli.main import exit_status
from jupyter_flows.errors import AmbiguousRun, NotebookNotFound, RunNotFound, SettingsError, StoreUnavailable
from jupyter_flows.version import __version__


@pytest.mark.parametrize(
    "argv",
    [
        ["nope"],
        ["ls", "--limit", "many"],
        ["ls", "--since", "yesterday-ish"],
        ["gc"],
        ["gc", "--keep", "3", "--days", "2"],
        ["gc", "--days", "0"],
        ["run", "x", "-p", "novalue"],
        ["run"],
        ["show", "a", "\x1b[31mb"],
    ],
)
def test_bad_usage_is_one_line_and_2(cli, argv):
    code, out, err = cli(*argv)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "--help" in err and "\x1b" not in err


def test_help_documents_the_exit_statuses(cli):
    for argv in (["--help"], ["run", "--help"], []):
        code, out, _ = cli(*argv)
        assert code == 0
        assert "130  interrupted" in out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunNotFound("x"), 2),
        (AmbiguousRun("x", ["xa", "xb"]), 2),
        (NotebookNotFound("x.ipynb"), 2),
        (StoreUnavailable("flows.db", "it is locked"), 3),
        (SettingsError("limits", "x", "give a table"), 3),
    ],
)
def test_errors_have_their_exit_status(error, code):
    assert exit_status(error) == code


def test_a_bad_setting_is_one_line(cli, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_MAX_WORKERS", "none")
    code, _, err = cli("ls")
    assert code == 3
    assert err.count("\n") == 1 and "max_workers" in err


def test_a_store_that_cannot_be_used_is_one_line(cli, monkeypatch, tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.setenv("JUPYTER_FLOWS_DATABASE_URL", f"sqlite:///{folder}")
    code, _, err = cli("ls")
    assert code == 3
    assert err.count("\n") == 1 and str(folder) in err


def test_a_copy_that_cannot_be_written_is_named_by_its_own_place(cli, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device", "kept.ipynb", None, "copy.ipynb")
    monkeypatch.setattr("jupyter_flows.cli.main._command", Mock(side_effect=full))
    assert cli("ls") == (3, "", "jupyter flows: No space left on device: copy.ipynb\n")


def test_version_and_help_import_nothing_heavy():
    program = (
        "import sys; from jupyter_flows.cli.main import main; main(['version']); main(['--help']); "
        "print(sorted({'sqlalchemy', 'rich', 'pydantic', 'asyncio', 'nbformat', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == __version__
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error(data_dir):
    program = "import os; os.close(0); from jupyter_flows.cli.main import main; raise SystemExit(main(['config']))"
    reader, writer = __import__("os").pipe()
    __import__("os").close(reader)
    done = subprocess.run([sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
