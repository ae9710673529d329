from __future__ import annotations

import json

import pytest


def test_doctor_says_a_line_for_each_look_and_changes_nothing(cli, data_dir):
    code, out, err = cli("doctor", "--quick")
    assert (code, err) == (0, "")
    assert out.isascii()
    abouts = [line.split()[1] for line in out.splitlines() if line.startswith(("ok", "warn"))]
    assert {"python", "packages", "sqlite", "clock", "kernels"} <= set(abouts)
    assert out.splitlines()[-1].endswith("0 not working")
    assert not data_dir.exists()


@pytest.mark.usefixtures("runs")
def test_doctor_looks_into_a_store_that_is_there(as_json):
    found = as_json("doctor", "--quick")
    told = {one["about"]: one for one in found["findings"]}
    assert found["worst"] in {"ok", "warn"}
    assert "3 flow runs" in told["store size"]["found"]
    assert told["runs"]["found"] == "0 open, none lost with its process"


def test_doctor_exits_with_3_where_something_does_not_work(cli, data_dir):
    (data_dir / "flows").mkdir(parents=True)
    (data_dir / "flows" / "flows.db").write_bytes(b"no database" * 100)
    code, out, _ = cli("doctor", "--quick", "--json")
    assert code == 3
    assert json.loads(out)["worst"] == "fail"


def test_doctor_tells_a_wrong_setting_instead_of_failing_by_it(cli, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_MAX_WORKERS", "many")
    code, out, _ = cli("doctor", "--quick")
    assert code == 3
    assert "max_workers='many'" in out


def test_doctor_starts_a_kernel_from_a_fork_server(as_json):
    told = {one["about"]: one for one in as_json("doctor")["findings"]}
    assert told["fork server"]["level"] == "ok"
