"""`jupyter flows secret`: values come by a pipe, a file or a prompt, and never go out."""

from __future__ import annotations

import io
import json

import pytest

from jupyter_flows import Secret
from jupyter_flows.cli.main import main
from jupyter_flows.errors import SecretNotFound

TEXT = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _own_directories(tmp_path, monkeypatch, data_dir):
    monkeypatch.setenv("JUPYTER_FLOWS_SECRET_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def typed(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_kept_secret_is_found_by_its_name(capsys, typed):
    typed(f"{TEXT}\n")
    assert main(["secret", "set", "CHAT"]) == 0
    assert Secret("CHAT").get() == TEXT
    assert main(["secret", "ls"]) == 0
    assert main(["secret", "ls", "--json"]) == 0
    out = capsys.readouterr().out
    assert TEXT not in out
    assert "Secret('CHAT').get()" in out
    assert json.loads(out[out.index("{") :]) == {"secrets": ["CHAT"]}


def test_the_environment_comes_first(typed, monkeypatch):
    typed(TEXT)
    main(["secret", "set", "CHAT"])
    monkeypatch.setenv("CHAT", "of the environment")
    assert Secret("CHAT").get() == "of the environment"


def test_a_value_is_read_from_a_file(tmp_path):
    (tmp_path / "value").write_text('{"user": "me", "password": "hunter2-and-more"}\n')
    assert main(["secret", "set", "DB", "--file", str(tmp_path / "value")]) == 0
    assert Secret("DB").get() == {"user": "me", "password": TEXT}


def test_a_value_is_asked_for_without_showing_it(monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("jupyter_flows.cli.secrets_keeping.getpass", lambda text: asked.append(text) or TEXT)
    assert main(["secret", "set", "CHAT"]) == 0
    assert asked == ["value of CHAT (it is not shown): "]
    assert Secret("CHAT").get() == TEXT


def test_what_is_wrong_is_one_line(capsys, typed, tmp_path):
    typed("")
    assert main(["secret", "set", "CHAT"]) == 2
    assert main(["secret", "delete", "CHAT"]) == 2
    assert main(["secret", "set", "CHAT", "--file", str(tmp_path / "none")]) != 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "it is empty" in lines[0]
    assert "there is no secret 'CHAT'" in lines[1]


def test_a_short_secret_is_kept_with_a_warning(capsys, typed):
    typed("abc")
    assert main(["secret", "set", "PIN"]) == 0
    assert "fewer than 6 characters" in capsys.readouterr().err


def test_a_forgotten_secret_is_gone_and_a_rotation_keeps_the_others(capsys, typed):
    for name in ("A", "B"):
        typed(TEXT)
        main(["secret", "set", name])
    assert main(["secret", "delete", "A"]) == 0
    assert main(["secret", "rotate"]) == 0
    assert "1 secret is encrypted with a new key" in capsys.readouterr().out
    assert Secret("B").get() == TEXT
    with pytest.raises(SecretNotFound, match="jupyter flows secret set A"):
        Secret("A").get()
