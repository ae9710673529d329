"""A secret that comes in pieces is masked as one that comes at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.secrets.pieces import Pieces
from jupyter_flows.secrets.resolved import forget, register

S = "abcab-canary-ab"


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    register(S)
    yield
    forget()


def shown(pieces: list[str]) -> str:
    taken = Pieces()
    return "".join([*map(taken.add, pieces), taken.finish()])


@given(st.lists(st.integers(0, 60)), st.text("abc-n", max_size=10), st.text("abc-n", max_size=10))
def test_however_it_is_cut_no_secret_is_shown_and_nothing_else_is_lost(cuts: list[int], before: str, after: str):
    register(S)
    whole = f"{before}{S}{after}"
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    assert shown(pieces) == f"{before}••••••{after}"


def test_only_what_may_begin_a_secret_is_held_back():
    pieces = Pieces()
    assert pieces.add("password: ab") == "password: "
    assert pieces.add("x\n") == "abx\n"
    assert pieces.add("a") == ""
    assert pieces.finish() == "a"
    assert pieces.finish() == ""


def test_while_no_secret_is_known_nothing_is_held_back():
    forget()
    assert Pieces().add("abcab") == "abcab"
