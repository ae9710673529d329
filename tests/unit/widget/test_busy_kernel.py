from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_flows.widget.busy_kernel import heard_on_control, let_page_choose_subshell


def comm(**kernel):
    return SimpleNamespace(comm_id="c1", kernel=SimpleNamespace(**kernel))


def test_a_kernel_without_subshells_hears_the_page_on_its_control_channel():
    comms = SimpleNamespace(comm_msg=lambda *_: None)
    one = comm(control_handlers={}, comm_manager=comms)
    assert heard_on_control(one) == "c1"
    assert one.kernel.control_handlers == {"comm_msg": comms.comm_msg}


@pytest.mark.parametrize(
    "one",
    [
        SimpleNamespace(comm_id="c1"),
        comm(),
        comm(control_handlers={}, comm_manager=SimpleNamespace(comm_msg=print), _supports_kernel_subshells=True),
    ],
    ids=["no kernel", "another kernel", "with subshells"],
)
def test_others_hear_it_anyway(one):
    assert heard_on_control(one) == ""
    assert not getattr(getattr(one, "kernel", None), "control_handlers", {})


def test_the_page_chooses_the_subshell_that_hears_it():
    one = SimpleNamespace(_reply_subshell_for=lambda data, named: "main")
    let_page_choose_subshell(one)
    assert one._reply_subshell_for({}, "named") == "named"
    let_page_choose_subshell(SimpleNamespace())
