"""What this package decides, compared with what Prefect 1.4.1 decided: `prefect_1_4.py` asked it.

The differences are listed here and explained in ``docs/prefect-1.md``; there are no others.
"""

from __future__ import annotations

import importlib.util
import json
from itertools import product
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from jupyter_flows import Flow, flatten, merge, signals, task, triggers, unmapped
from jupyter_flows.engine.rules import End, StartFacts, before_start
from jupyter_flows.model.specs import Trigger
from jupyter_flows.testing import flows_test_harness

HERE = Path(__file__).parent
PREFECT: dict[str, Any] = json.loads((HERE / "prefect_1_4.json").read_text(encoding="utf-8"))
NAME_OF = {"Completed": "Success"}  # ours -> theirs
LETTER_OF = {"TriggerFailed": "T", "Skipped": "K"}
PAUSES = "manual_only"  # no rule on upstreams: the run waits for a person

# Graph, and what is looked at in it -> ours, where it is not theirs.
DIFFERENCES = {
    ("a skipped child", "first"): "Mapped[Success, Skipped, Success] [1, None, 3]",
    ("the skipping child itself reduced", "reduced"): "Success [1, None, 3]",
    ("map over a failed task", "mapped"): "TriggerFailed",
    ("an unmapped skipped task", "mapped"): "Mapped[Skipped, Skipped] [None, None]",
}


def _graphs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("comparison_graphs", HERE / "graphs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GRAPHS = _graphs()


def trigger_of(name: str) -> Trigger:
    """``some_failed(at_least=2)`` as the trigger itself."""
    word, _, bounds = name.partition("(")
    given = dict(bound.split("=") for bound in bounds.rstrip(")").split(", ")) if bounds else {}
    named = getattr(triggers, word)
    return named(**{bound: float(value) for bound, value in given.items()}) if given else named


def letter(trigger: Trigger, upstreams: tuple[str, ...], propagates: bool) -> str:
    """What our rules say of one row."""
    facts = StartFacts(
        1.0,
        failed_upstreams=tuple(f"u{index}" for index, end in enumerate(upstreams) if end in "FT"),
        skipped_upstreams=tuple(f"u{index}" for index, end in enumerate(upstreams) if end == "K"),
        skip_on_upstream_skip=propagates,
        trigger=trigger,
        upstreams=len(upstreams),
    )
    verdict = before_start(facts)
    return LETTER_OF[verdict.state.name] if isinstance(verdict, End) else "R"


@pytest.mark.parametrize("propagates", [True, False])
@pytest.mark.parametrize("name", [name for name in PREFECT["triggers"] if name != PAUSES])
def test_every_row_of_the_truth_table_is_prefects(name, propagates):
    trigger = trigger_of(name)
    theirs = PREFECT["triggers"][name]["skips propagate" if propagates else "skips count as successes"]
    ours = " ".join(
        "".join(letter(trigger, upstreams, propagates) for upstreams in product("SFKT", repeat=length))
        for length in range(4)
    )
    assert ours == theirs


def test_the_table_has_every_row():
    lengths = {len(row) for rows in PREFECT["triggers"].values() for row in rows.values()}
    assert (PREFECT["prefect"], len(PREFECT["triggers"]), lengths) == ("1.4.1", 12, {1 + 4 + 16 + 64 + 3})


def shown(state: Any) -> str:
    children = [NAME_OF.get(child.name, child.name) for child in getattr(state, "map_states", [])]
    return GRAPHS.told(NAME_OF.get(state.name, state.name), children, state.result(raise_on_failure=False))


@pytest.mark.parametrize("name", GRAPHS.GRAPHS)
def test_every_graph_ends_as_in_prefect_but_for_the_differences_listed(name):
    api = GRAPHS.words(
        SimpleNamespace(
            task=task,
            unmapped=unmapped,
            flatten=flatten,
            merge=merge,
            SKIP=signals.SKIP,
            all_finished=triggers.all_finished,
        )
    )
    with flows_test_harness():
        with Flow("f") as graph:
            looked_at = GRAPHS.GRAPHS[name](api)
        end = graph.run()
        ours = {label: shown(end[placed]) for label, placed in looked_at.items()}
    theirs = dict(PREFECT["graphs"][name])
    assert NAME_OF.get(end.name, end.name) == theirs.pop("flow")
    assert ours == {label: DIFFERENCES.get((name, label), told) for label, told in theirs.items()}
