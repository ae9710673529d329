from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked
from jupyter_flows.notebooks.kernel.sources import ForkOrSpawn, kernel_source
from jupyter_flows.notebooks.kernel.spawned import SpawnSource
from jupyter_flows.settings import load_settings


class Source:
    """Gives its name, or refuses."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def start(self, start: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(("forked", "given"), [("forked", "forked"), (NotForked("not now"), "spawned")])
def test_what_cannot_be_forked_is_spawned(forked, given):
    source: Any = ForkOrSpawn(Source(forked), Source("spawned"))  # type: ignore[arg-type]
    assert asyncio.run(source.start(None)) == given


def test_other_errors_are_not_hidden():
    source: Any = ForkOrSpawn(Source(LookupError("no such kernel")), Source("spawned"))  # type: ignore[arg-type]
    with pytest.raises(LookupError):
        asyncio.run(source.start(None))


@pytest.mark.parametrize(
    ("more_to_come", "start", "kind"),
    [(True, "forked", ForkOrSpawn), (True, "spawned", SpawnSource), (False, "forked", SpawnSource)],
)
def test_kernels_are_forked_where_others_follow_and_settings_allow(tmp_path, more_to_come, start, kind):
    settings = replace(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}), kernel_start=start)
    assert type(kernel_source(more_to_come=more_to_come, settings=settings)) is kind


def test_packages_are_those_of_the_settings(tmp_path):
    settings = replace(load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)}), kernel_packages=("numpy",))
    source: Any = kernel_source(more_to_come=True, settings=settings)
    assert isinstance(source._forked, ForkSource)
    assert source._forked._allowed == ("numpy",)
