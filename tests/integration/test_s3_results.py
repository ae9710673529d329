"""Results at a local S3 server."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""

CLIENT = """
import sys
import numpy as np
from jupyter_flows.errors import ResultMissing
from jupyter_flows.results import FileResultStore
import fsspec
options = {"endpoint_url": f"http://127.0.0.1:{sys.argv[1]}", "key": "k", "secret": "s"}
files = fsspec.filesystem("s3", **options)
files.mkdir("bucket")
store = FileResultStore("s3://bucket/results", bytes(32), options)
array = np.arange(3_000_000)
kept = store.write(array, "run", 1)
print(kept.location.replace(kept.sha256, "DIGEST"))
print((store.read(kept, "run", 1) == array).all())
files.pipe_file(kept.location, b"x" * kept.size)
for spoil in [lambda: None, lambda: store.delete(kept)]:
    spoil()
    try:
        store.read(kept, "run", 1)
    except ResultMissing as error:
        print(error.why)
"""


def test_values_go_to_s3_and_back():
    for package in ["moto", "s3fs"]:
        if importlib.util.find_spec(package) is None:
            end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            end(f"the package {package!r} is not installed: pip install 'jupyter-flows[test]'")
    bare = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    run = [sys.executable, "-W", "ignore", "-c", SERVER]
    server = subprocess.Popen(
        run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=bare
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        run = [sys.executable, "-W", "ignore", "-c", CLIENT, port]
        ended = subprocess.run(run, capture_output=True, text=True, timeout=100, env=bare)
    finally:
        server.communicate(timeout=60)
    assert ended.stdout.splitlines() == [
        "s3://bucket/results/run/DIGEST.npy",
        "True",
        "its content is not what was kept",
        "there is no such file",
    ], ended.stderr[-2000:]
