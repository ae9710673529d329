"""Print one table: each figure, its ratio to the floor of the same round, and the target.

``python -m benchmarks [--rounds N] [--quick]``. Ratios are medians over rounds of the ratio within a round.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import graphs, scripts
from benchmarks.rounds import middle, notebook, prepare, script_figures, script_seconds, workload

Row = tuple[str, str, str, str]


def ratio_row(title: str, name: str, floor: str, rounds: int, target: str, per: int) -> Row:
    """A workload against its floor."""
    ratios: list[float] = []
    costs: list[float] = []
    rows: set[float] = set()
    for _ in range(rounds):
        base = workload(floor)["seconds"]
        own = workload(name)
        ratios.append(own["seconds"] / base)
        costs.append(own["seconds"] / per * 1e6)
        rows.add(own.get("completed_rows", 0.0))
    said = f"{middle(costs):.1f} µs each" if per > 1 else f"{middle(costs) / 1e6:.3f} s"
    counted = f", rows {', '.join(f'{count:.0f}' for count in sorted(rows))}" if rows != {0.0} else ""
    return title, said + counted, f"{middle(ratios):.2f} x [{min(ratios):.2f}..{max(ratios):.2f}]", target


def script_row(title: str, script: str, floor: str, rounds: int, target: str) -> Row:
    """A script's whole life against its floor."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        ratios: list[float] = []
        times: list[float] = []
        for _ in range(rounds * 2):
            base = script_seconds(floor, folder)
            times.append(script_seconds(script, folder))
            ratios.append(times[-1] / base)
    return title, f"{middle(times) * 1000:.0f} ms", f"{middle(ratios):.2f} x", target


def growth_row(rounds: int) -> Row:
    """The cost of a task in a large map against one in a small map."""
    ratios: list[float] = []
    rows: set[float] = set()
    for _ in range(rounds):
        small = middle([workload("map_1000")["seconds"] for _ in range(3)]) / 1_000
        large = workload("map_100000")
        rows.add(large["completed_rows"])
        ratios.append(large["seconds"] / 100_000 / small)
    counted = ", ".join(f"{count:.0f}" for count in sorted(rows))
    return "growth: a task at 100,000 / at 1,000", f"rows {counted}", f"{middle(ratios):.2f}", "<= 1.5"


def notebook_row(title: str, name: str, rounds: int, target: str) -> Row:
    """A notebook against papermill, taken in turn in one process; how many times faster."""
    figures = notebook(name, rounds)
    if not figures.get("equal", 1.0):
        target += "; OUTPUTS DIFFER"
    said = f"{figures['seconds'] * 1e3:.0f} ms" if "seconds" in figures else f"{figures['per_second']:.1f} a second"
    spread = f" [{figures['least']:.1f}..{figures['most']:.1f}]" if "least" in figures else ""
    return title, said, f"{figures['ratio']:.1f} x faster than papermill{spread}", target


def huge_row() -> Row:
    """The memory that twenty megabytes of output take."""
    figures = notebook("huge", 1)
    return "20 MB printed, 10 cells", f"{figures['seconds']:.2f} s, peak {figures['peak_mb']:.0f} MB", "-", "<= 150 MB"


def cold_page_row(rounds: int) -> Row:
    """The command line as it is by default, with a page."""
    figures = notebook("cold", rounds)
    said = f"{figures['seconds'] * 1e3:.0f} ms; with its page {figures['page_seconds'] * 1e3:.0f} ms"
    faster = f"{figures['ratio']:.1f} x faster than papermill's; with its page {figures['page_ratio']:.1f} x"
    return "command line, 1 cell, process to exit", said, faster, ">= 1.3 x"


def plain_row(title: str, name: str, key: str, unit: str, factor: float, rounds: int, target: str) -> Row:
    """A figure without a floor."""
    values = [workload(name)[key] * factor for _ in range(rounds)]
    return title, f"{middle(values):.2f} {unit}", "-", target


def hash_row(title: str, name: str, rounds: int, target: str) -> Row:
    """The hash of a value against sha256 of its bytes, taken in turn in one process."""
    figures = [workload(name) for _ in range(rounds)]
    ratios = [each["ratio"] for each in figures]
    copied = max(each["copied_bytes"] for each in figures)
    said = f"{middle([each['seconds'] for each in figures]) * 1e3:.1f} ms, copies {copied / 1e6:.1f} MB"
    return title, said, f"{middle(ratios):.2f} x [{min(ratios):.2f}..{max(ratios):.2f}]", target


def build_row(rounds: int) -> Row:
    """Building a graph, for each task of it."""
    return plain_row("montage: declared, a task", "graph_build", "seconds", "µs", 1e6, rounds, "<= 30 µs")


def hit_row(rounds: int) -> Row:
    """A direct call whose value is found in the cache, beside the same call without a cache in the same round."""
    calls: list[float] = []
    more: list[float] = []
    for _ in range(rounds):
        base = workload("no_cache")["seconds"]
        calls.append(workload("cache_hit")["seconds"])
        more.append((calls[-1] - base) * 1e6)
    said = f"{middle(calls) * 1e6:.0f} µs each, call included"
    return "direct call that hits", said, f"{middle(more):+.0f} µs [{min(more):+.0f}..{max(more):+.0f}]", "<= +60 µs"


def graph_row(name: str, rounds: int, target: str) -> Row:
    """A real graph, run, against a thread pool that walks it."""
    return ratio_row(f"graph: {name}", f"graph_{name}", f"graph_floor_{name}", rounds, target, graphs.size(name))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What Jupyter Flows costs, against floors of the same round.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="leave out the rows of 100,000 tasks")
    chosen = parser.parse_args()
    rounds: int = chosen.rounds
    rows: list[Callable[[], Row]] = [
        lambda: script_row("import", scripts.IMPORT, scripts.IMPORT_FLOOR, rounds, "<= 4 x"),
        _import_memory,
        lambda: script_row("hello flow, process to exit", scripts.HELLO, scripts.HELLO_FLOOR, rounds, "<= 8 x"),
        lambda: ratio_row("map of 10,000 + reduce", "map_10000", "map_floor_10000", rounds, "<= 9 x", 10_000),
        lambda: ratio_row("chain of 1,000 direct calls", "chain", "chain_floor", rounds, "<= 120 µs", 1_000),
        lambda: ratio_row("200 sleeps of 0.1 s, 50 at a time", "sleeps", "sleeps_floor", rounds, "<= 1.1 x", 1),
        lambda: ratio_row(
            "100 tasks of 10 ms in 2 warm processes", "process_naps", "process_naps_floor", rounds, "<= 1.2 x", 100
        ),
        *(
            lambda name=name: graph_row(name, rounds, "<= 9 x" if name == "montage" else "<= 12 x")
            for name in graphs.FILES
        ),
        lambda: build_row(rounds),
        lambda: plain_row("cache look-up, small inputs", "cache_look_up", "seconds", "µs", 1e6, rounds, "<= 60 µs"),
        lambda: hit_row(rounds),
        lambda: plain_row(
            "resume 10,000 with 9,990 finished, to the first", "resume", "seconds", "s", 1, rounds, "<= 1 s"
        ),
        lambda: plain_row("100 MB array to the next task", "hand_over", "seconds", "ms more", 1e3, rounds, "<= 1 ms"),
        lambda: hash_row("input hash of a 100 MB array", "hash_array", rounds, "<= 1.5 x sha256"),
        lambda: hash_row("input hash of a 1 M-row frame", "hash_frame", rounds, "<= 1.5 x sha256"),
        lambda: hash_row("the same, one column of texts", "hash_texts", rounds, "<= 1.5 x sha256"),
        lambda: plain_row("default cache key, small inputs", "small_key", "seconds", "µs", 1e6, rounds, "<= 60 µs"),
    ]
    rows += [
        lambda: notebook_row("notebook of 1 cell, warm", "t1", rounds, ">= 30 x"),
        lambda: notebook_row("notebook of 10 cells, warm", "t10", rounds, ">= 15 x"),
        lambda: notebook_row("typical notebook, warm", "typical", rounds, ">= 20 x"),
        lambda: cold_page_row(rounds),
        huge_row,
    ]
    if not chosen.quick:
        rows += [
            lambda: notebook_row("notebook of 200 cells, warm", "t200", max(1, rounds // 2), ">= 20 x"),
            lambda: notebook_row("notebooks of 10 cells, one at a time", "one_at_a_time", 2, ">= 12 x"),
            lambda: notebook_row("notebooks of 10 cells, two at once", "two_at_once", 2, ">= 12 x"),
            lambda: notebook_row("100,000 flushed lines, all kept", "lines", 1, ">= 2 x"),
        ]
        rows += [
            lambda: growth_row(max(1, rounds // 2)),
            lambda: plain_row("memory per finished task", "map_memory", "bytes_per_task", "B", 1, 2, "<= 2048 B"),
            lambda: plain_row("50 newest beside 100,000", "listing", "seconds", "ms", 1e3, 1, "<= 10 ms"),
        ]
    table = Table("what", "cost", "to the floor", "target", title="Jupyter Flows, history on, default settings")
    console = Console()
    for row in rows:
        cells = row()
        console.print(" · ".join(cells), style="dim")
        table.add_row(*cells)
    console.print(table)


def _import_memory() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        rss = script_figures(scripts.IMPORT_MEMORY, folder)["rss"]
    return "memory after the import", f"{rss / 1e6:.1f} MB", "-", "<= 30 MB"


if __name__ == "__main__":
    main()
