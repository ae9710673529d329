from __future__ import annotations

from jupyter_flows.version import __version__


def test_version(cli, as_json):
    assert cli("version") == (0, f"{__version__}\n", "")
    assert as_json("version") == {"version": __version__}
    assert cli("--version") == (0, f"{__version__}\n", "")


def test_config_says_where_each_value_comes_from(cli, as_json, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_LIMITS", "db=2")
    found = as_json("config")["settings"]
    assert found["limits"] == {"value": {"db": 2}, "source": "JUPYTER_FLOWS_LIMITS"}
    assert found["max_workers"]["source"] == "default"
    assert "limits" in cli("config")[1]
