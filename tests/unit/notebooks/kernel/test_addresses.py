from __future__ import annotations

import json
import stat
from pathlib import Path

from jupyter_flows.notebooks.kernel.addresses import CHANNELS, tcp_addresses, unix_addresses


def test_the_connection_file_is_for_the_user_only_and_complete(tmp_path):
    addresses = unix_addresses(Path("/tmp/x"))
    assert addresses is not None
    addresses.write(tmp_path / "kernel.json")
    assert stat.S_IMODE((tmp_path / "kernel.json").stat().st_mode) == 0o600
    written = json.loads((tmp_path / "kernel.json").read_text())
    assert written["transport"] == "ipc" and written["key"] == addresses.key
    assert len({written[f"{channel}_port"] for channel in CHANNELS}) == 5
    assert addresses.url("shell") == "ipc:///tmp/x/k-1"


def test_a_long_path_is_no_place_for_unix_sockets():
    assert unix_addresses(Path("/tmp") / ("x" * 120)) is None


def test_ports_are_given_once_until_they_are_released():
    first, second = tcp_addresses(), tcp_addresses()
    assert len({*first.ports, *second.ports}) == 10
    assert first.key != second.key
    assert second.url("iopub") == f"tcp://127.0.0.1:{second.ports[1]}"
    first.release()
    second.release()
