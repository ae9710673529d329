from __future__ import annotations

import sys

from jupyter_flows.notebooks.kernel.interpreter_stamps import still_hold, take_stamps


def test_stamps_hold_until_something_is_installed_or_removed(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    installed.mkdir()
    monkeypatch.setattr(sys, "path", [str(installed), str(tmp_path), *sys.path])
    stamps = take_stamps()
    assert str(installed) in stamps and sys.executable in stamps and str(tmp_path) not in stamps
    assert still_hold(stamps)
    (tmp_path / "a_module_of_the_project.py").touch()
    assert still_hold(stamps)
    (installed / "package").mkdir()
    assert not still_hold(stamps)


def test_stamps_do_not_hold_for_what_is_gone(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    installed.mkdir()
    monkeypatch.setattr(sys, "path", [str(installed)])
    stamps = take_stamps()
    installed.rmdir()
    assert not still_hold(stamps)


def test_no_stamps_are_no_objection():
    assert still_hold({})
