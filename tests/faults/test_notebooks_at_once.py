"""Many notebooks at once in one process: each is right, and afterwards the process is as it was before."""

from __future__ import annotations

import json
from typing import Any

import pytest

SCRIPT = """
import asyncio, json, os, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from jupyter_flows.notebooks.document import load_notebook
from jupyter_flows.notebooks.execution import execute, execute_async
from jupyter_flows.services.notebook_run import NotebookChoices, prepare_notebook, run_notebook

way, count = sys.argv[1], int(sys.argv[2])
SOURCES = [
    "import os, subprocess\\nprint({number}, os.getcwd())",
    "child = subprocess.Popen(['sleep', '600'])\\nkept = open('kept.txt', 'w')\\nchild.pid",
    "'x' * {number}",
]

class Quiet:
    def __getattr__(self, name):
        return lambda *_: None

def book(number):
    folder = Path(str(number))
    folder.mkdir(exist_ok=True)
    cells = [
        dict(cell_type="code", id=f"c{n}", metadata={}, source=source.format(number=number), execution_count=None,
             outputs=[])
        for n, source in enumerate(SOURCES)
    ]
    path = folder / "book.ipynb"
    path.write_text(json.dumps(dict(nbformat=4, nbformat_minor=5, metadata={}, cells=cells)))
    return path.absolute()

def recorded(path):
    return run_notebook(prepare_notebook(path, {}), Quiet(), NotebookChoices(html=False, more_to_come=True))

def one(path):
    if way == "recorded":
        return recorded(path).artifacts["notebook"]
    return execute(load_notebook(path), {}, path.parent / "run", Quiet()).path

async def in_one_loop(paths):
    runs = (execute_async(load_notebook(path), {}, path.parent / "run", Quiet()) for path in paths)
    return [result.path for result in await asyncio.gather(*runs)]

def together(paths):
    if way == "loop":
        return asyncio.run(in_one_loop(paths))
    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(one, paths))

def held():
    me = psutil.Process()
    names = [os.readlink(f"/proc/self/fd/{fd}") if os.path.islink(f"/proc/self/fd/{fd}") else "" for fd in
             os.listdir("/proc/self/fd")]
    sockets = sum(name.startswith("socket:") for name in names)
    return {"files": len(names), "sockets": sockets, "processes": len(me.children(recursive=True)),
            "threads": threading.active_count()}

def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

def left_of(pids):
    # What is killed is still there for a moment, and a kernel's children are killed by its fork server.
    deadline = time.monotonic() + 60
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left

def settled(bound=None):
    deadline, last = time.monotonic() + 60, None
    while time.monotonic() < deadline:
        now = held()
        if (now == last) if bound is None else all(now[name] <= bound[name] for name in now):
            return now
        last = now
        time.sleep(0.2)
    return now

def main():
    folder, environment = os.getcwd(), dict(os.environ)
    for _ in range(3):
        together([book(0)])  # the fork server, the loop and the store are there from now on
    before = settled()
    copies = together([book(number) for number in range(count)])
    after = settled(before)
    pids, wrong = [], []
    for number, copy in enumerate(copies):
        said, made, last = [cell["outputs"][0] for cell in json.loads(copy.read_text())["cells"]]
        pids.append(int("".join(made["data"]["text/plain"])))
        here = [f"{number} {Path(str(number)).absolute()}\\n", repr("x" * number)]
        if ["".join(said["text"]), "".join(last["data"]["text/plain"])] != here:
            wrong.append(number)
    print(json.dumps({
        "copies": len(copies), "wrong": wrong, "before": before, "after": after,
        "left": left_of(pids),
        "same_place": os.getcwd() == folder and dict(os.environ) == environment,
    }))

main()
"""


@pytest.mark.parametrize("way", ["loop", "threads", "recorded"])
def test_many_notebooks_at_once_leave_the_process_as_it_was(way: str, scripts: Any, at_scale: Any) -> None:
    count = at_scale(6, 50)
    told = json.loads(scripts.run(SCRIPT, way, count, seconds=110, JUPYTER_FLOWS_KERNEL_SPARES="0"))
    assert (told["copies"], told["wrong"], told["left"]) == (count, [], [])
    assert told["same_place"]
    grown = {name: (was, told["after"][name]) for name, was in told["before"].items() if told["after"][name] > was}
    assert not grown
