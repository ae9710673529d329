from __future__ import annotations

import json

import pytest

from jupyter_flows.services.health import kernels
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.services.health.kernels import look_at_kernels


def spec(folder, content):
    folder.mkdir()
    (folder / "kernel.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"argv": ["/nowhere/bin/python"]}, "/nowhere/bin/python"),
        ("not JSON", "cannot be used"),
        ([], "cannot be used"),
    ],
)
def test_a_kernel_that_cannot_start_is_named(tmp_path, monkeypatch, content, said):
    folder = spec(tmp_path / "broken", content)
    monkeypatch.setattr(kernels, "kernel_folders", lambda: {"broken": folder})
    monkeypatch.setattr(kernels, "installed_kernels", lambda: ("broken", "python3"))
    first, second = look_at_kernels()
    assert (first.level, first.said) == (OK, "python3")
    assert second.level == WARN
    assert said in second.said


def test_no_kernel_at_all_fails(monkeypatch):
    monkeypatch.setattr(kernels, "installed_kernels", lambda: ())
    (only,) = look_at_kernels()
    assert only.level == FAIL
