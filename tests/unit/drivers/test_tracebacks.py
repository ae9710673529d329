"""Values as they are told of a failure: short, and without secrets, wherever they are cut."""

from __future__ import annotations

import pytest

from jupyter_flows.drivers.tracebacks import short_repr, traceback_text, without_our_frames
from jupyter_flows.secrets.resolved import register


class Odd:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@pytest.mark.parametrize("kind", [str, Odd, lambda text: [Odd(text)], lambda text: {"a": (text, Odd(text))}])
@pytest.mark.parametrize("before", range(80, 120, 7))
def test_no_half_of_a_secret_is_left_where_a_repr_is_cut(kind, before: int):
    register("hush-hush-17")
    shown = short_repr(kind("x" * before + "hush-hush-17" + "y" * 300))
    assert "hush" not in shown
    assert "h-17" not in shown


def test_what_is_long_keeps_its_beginning_and_its_end():
    shown = short_repr(Odd("a" * 200 + "b" * 200))
    assert (shown[:3], shown[-3:], len(shown) <= 200) == ("aaa", "bbb", True)


def test_a_repr_that_fails_is_said():
    class Bad:
        def __repr__(self) -> str:
            raise ValueError

    assert short_repr(Bad()) == "<Bad, whose repr fails>"


@pytest.mark.parametrize(
    ("value", "asked", "noted"),
    [(True, "result", True), ([1], "is_completed", True), (None, "is_failed", True), (True, "colour", False)],
)
def test_who_asks_a_plain_value_for_its_state_is_told_what_a_call_gives(value: object, asked: str, noted: bool):
    with pytest.raises(AttributeError) as caught:
        getattr(value, asked)
    text = traceback_text(without_our_frames(without_our_frames(caught.value)))
    assert text.count("gives its plain value") == noted
