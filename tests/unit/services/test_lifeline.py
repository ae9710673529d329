from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from jupyter_flows.services.lifeline import Lifeline


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    here, there = os.pipe()
    yield here, there
    for handle in (here, there):
        try:
            os.close(handle)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("said", "order"),
    [
        (b'{"run": "abc"}\n', {"run": "abc"}),
        (b'{"run": "abc"}\n{"run": "def"}\n', {"run": "abc"}),
        (b"", None),
        (b'{"run": "abc"}', None),
        (b"[1]\n", None),
        (b"nonsense\n", None),
        (b"\xff\n", None),
        (b"x" * 40_000, None),
    ],
)
def test_an_order_is_one_line_with_an_object(ends: tuple[int, int], said: bytes, order: object):
    here, there = ends
    os.write(there, said)
    os.close(there)
    assert Lifeline(here).order() == order


def test_who_watches_is_told_when_the_other_end_is_closed(ends: tuple[int, int]):
    here, there = ends
    parted = threading.Event()
    lifeline = Lifeline(here)
    assert not os.get_inheritable(here)
    lifeline.watch(parted.set)
    os.write(there, b"words that nobody reads any more\n")
    assert not parted.is_set()
    os.close(there)
    assert parted.wait(60)
