from __future__ import annotations

import pytest

from jupyter_flows.graph import palette
from jupyter_flows.model import states

# In looks, a state under another name keeps the colour of its kind's family.
FAMILY = {"failed": states.FAILED, "crashed": states.CRASHED, "running": states.RUNNING, "completed": states.COMPLETED}


@pytest.mark.parametrize("name", states.NAMES)
def test_every_state_of_the_model_has_a_look_of_its_own(name: str):
    found = palette.look(name)
    assert name == "Pending" or name == "AwaitingSlot" or found is not palette.PENDING
    if found.css in FAMILY and name not in {"Retrying", "AwaitingRetry"}:
        assert states.NAMES[name][0] is FAMILY[found.css]


@pytest.mark.parametrize("kind", states.StateKind)
def test_an_unknown_name_falls_back_by_its_kind(kind: states.StateKind):
    assert palette.look("Loading", kind).css in {
        "scheduled",
        "pending",
        "running",
        "paused",
        "cancelled",
        "completed",
        "failed",
        "crashed",
    }
    assert palette.look("Loading", states.FAILED) is palette.FAILED


def test_what_went_wrong_stands_at_the_right_end_of_a_bar():
    counts = {"Failed": 1, "Pending": 3, "Completed": 8, "Running": 4, "Cached": 0}
    assert [name for name, _ in palette.along_a_bar(counts)] == ["Completed", "Running", "Pending", "Failed"]


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", states.NAMES)
@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#161b22")])
def test_every_colour_can_be_read_on_its_ground(name: str, theme: str, ground: str):
    bright, dark = sorted([_luminance(getattr(palette.look(name), theme)), _luminance(ground)], reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5
