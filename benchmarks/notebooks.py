"""Notebooks against papermill, in turn in one process: the same notebook, the same outputs.

``python -m benchmarks.notebooks NAME [ROUNDS]`` prints one JSON object: seconds, and how many times faster (medians).
"""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

Figures = dict[str, float]

TYPICAL = [
    "day = 1",
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",
    "frame = pd.DataFrame({'a': np.arange(1000), 'b': np.arange(1000) ** 0.5})\nframe",
    "frame.describe()",
    "plt.plot(frame.a, frame.b)\nplt.show()",
    "print(len(frame))",
]
BOOKS = {
    "t1": ["x = 1"],
    "t10": [f"x{number} = {number}" for number in range(10)],
    "typical": TYPICAL,
    "t200": [f"x{number} = {number}" for number in range(200)],
    "lines": ["for number in range(100_000):\n    print(number, flush=True)"],
    "huge": ["print('x' * 79 + '\\n', end='')\nprint(('y' * 79 + '\\n') * 250_000, end='')", *["1"] * 9],
}


class Quiet:
    """A watcher that looks away."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_: None


QUIET: Any = Quiet()


def write_book(folder: Path, name: str) -> Path:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "execution_count": None, "outputs": []}
        for n, source in enumerate(BOOKS[name])
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(node), encoding="utf-8")
    return path


def ours(path: Path) -> Path:
    """Run a notebook with its history, its executed copy and its picture; return the copy."""
    from jupyter_flows.services.notebook_run import NotebookChoices, prepare_notebook, run_notebook

    end = run_notebook(prepare_notebook(path, {}), QUIET, NotebookChoices(html=False, more_to_come=True))
    assert end.state.is_completed(), end
    return end.artifacts["notebook"]


def papermills(path: Path, target: Path) -> Path:
    """Run it by `papermill.execute_notebook`."""
    import papermill

    papermill.execute_notebook(str(path), str(target), progress_bar=False)
    return target


def shown(path: Path) -> list[Any]:
    """The outputs of each cell, parts of a stream joined."""
    cells: list[Any] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        outputs: list[Any] = []
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
                if outputs and outputs[-1].get("name") == output["name"]:
                    outputs[-1]["text"] += output["text"]
                    continue
            outputs.append(output)
        cells.append(outputs)
    return cells


def timed(call: Callable[[], Path]) -> tuple[float, Path]:
    started = time.perf_counter()
    made = call()
    return time.perf_counter() - started, made


def warm(folder: Path, name: str) -> Path:
    """Write the book, load what both need, and let the kernels that wait be made."""
    path = write_book(folder, name)
    ours(path)
    time.sleep(3.0)
    for _ in range(2):
        ours(path)
        time.sleep(0.5)
    return path


def latency(name: str, rounds: int) -> Figures:
    """One notebook at a time, with a moment between, as somebody who waits for it sees it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = warm(folder, name)
        papermills(path, folder / "theirs.ipynb")
        ratios, mine, theirs, equal = list[float](), list[float](), list[float](), True
        for _ in range(rounds):
            base, target = timed(lambda: papermills(path, folder / "theirs.ipynb"))
            time.sleep(0.5)
            spent, copy = timed(lambda: ours(path))
            time.sleep(0.5)
            equal = equal and shown(copy) == shown(target)
            ratios.append(base / spent)
            mine.append(spent)
            theirs.append(base)
    return {
        "seconds": median(mine), "floor": median(theirs), "ratio": median(ratios), "least": min(ratios),
        "most": max(ratios), "equal": float(equal),
    }  # fmt: skip


def throughput(at_once: int, rounds: int) -> Figures:
    """Notebooks of ten cells per second, what is made ready for the next included."""
    count = 20
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = warm(folder, "t10")

        def batch(run: Callable[[int], Path], many: int) -> float:
            started = time.perf_counter()
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(run, range(many)))
            return many / (time.perf_counter() - started)

        ratios, mine = list[float](), list[float]()
        for _ in range(rounds):
            base = batch(lambda number: papermills(path, folder / f"{number}.ipynb"), 2 * at_once)
            mine.append(batch(lambda _: ours(path), count))
            ratios.append(mine[-1] / base)
    return {"per_second": median(mine), "ratio": median(ratios), "least": min(ratios), "most": max(ratios)}


def flood(rounds: int) -> Figures:
    """A hundred thousand flushed lines: how long, and whether each arrived; papermill may give up."""
    wanted = "".join(f"{number}\n" for number in range(100_000))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = write_book(folder, "lines")
        ratios, mine, kept = list[float](), list[float](), 0.0
        for _ in range(rounds):
            spent, copy = timed(lambda: ours(path))
            assert shown(copy)[0][0]["text"] == wanted
            base = _until_it_gives_up(path, folder / "theirs.ipynb")
            kept = sum(len(output.get("text", "")) for output in shown(folder / "theirs.ipynb")[0]) / len(wanted)
            ratios.append(base / spent)
            mine.append(spent)
    return {"seconds": median(mine), "ratio": median(ratios), "whole": 1.0, "kept_by_papermill": kept}


def _until_it_gives_up(path: Path, target: Path) -> float:
    started = time.perf_counter()
    try:
        papermills(path, target)
    except Exception as error:  # it waits four seconds for a sign that the kernel dropped
        print(f"papermill: {type(error).__name__}", file=sys.stderr)
    return time.perf_counter() - started


def huge() -> Figures:
    """Twenty megabytes printed: the peak of this process, and whether all of them are kept."""
    with tempfile.TemporaryDirectory() as place:
        path = write_book(Path(place), "huge")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        spent, copy = timed(lambda: ours(path))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kept = (copy.parent / "outputs" / "cell-1.txt").stat().st_size
        assert kept == 80 + 80 * 250_000
        return {
            "seconds": spent,
            "peak_mb": peak / 1024,
            "before_mb": before / 1024,
            "copy_mb": copy.stat().st_size / 1e6,
        }


def cold(rounds: int) -> Figures:
    """The command line, from process start to exit, for a notebook of one cell."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = write_book(folder, "t1")
        bin_folder = Path(sys.executable).parent
        commands = {
            "floor": [str(bin_folder / "papermill"), str(path), str(folder / "o.ipynb"), "--no-progress-bar"],
            "plain": [str(bin_folder / "jupyter-flows"), "run", str(path), "--no-html"],
            "page": [str(bin_folder / "jupyter-flows"), "run", str(path)],
        }
        spent: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                spent[name].append(time.perf_counter() - started)
        floor, plain, page = (times[1:] for times in spent.values())
    return {
        "seconds": median(plain), "floor": median(floor), "page_seconds": median(page),
        "ratio": median([base / own for base, own in zip(floor, plain, strict=True)]),
        "page_ratio": median([base / own for base, own in zip(floor, page, strict=True)]),
    }  # fmt: skip


WORKLOADS: dict[str, Callable[[int], Figures]] = {
    **{name: lambda rounds, name=name: latency(name, rounds) for name in ("t1", "t10", "typical", "t200")},
    "one_at_a_time": lambda rounds: throughput(1, rounds),
    "two_at_once": lambda rounds: throughput(2, rounds),
    "lines": flood,
    "huge": lambda _: huge(),
    "cold": cold,
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.getLogger("papermill").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as data:
        os.environ.setdefault("JUPYTER_DATA_DIR", data)
        print(json.dumps(WORKLOADS[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
