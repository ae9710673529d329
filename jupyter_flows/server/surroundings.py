"""Blocks, health and settings."""

from __future__ import annotations

import re

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.bounds import BODY_BYTES, LOG_LINES, PAGE
from jupyter_flows.server.hosted_runner import HostedRunner
from jupyter_flows.server.routes import EXECUTE, READ, WRITE
from jupyter_flows.server.shapes.queries import Nothing
from jupyter_flows.server.shapes.surroundings import (
    Block,
    BlockList,
    Bounds,
    Finding,
    Health,
    Permissions,
    Runner,
    Setting,
    Settings,
)
from jupyter_flows.server.site import Site
from jupyter_flows.services.health.examination import examine
from jupyter_flows.services.health.finding import FAIL, OK, WARN
from jupyter_flows.version import __version__

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")  # of an address


def list_blocks(asked: Asked[Nothing, None]) -> BlockList:
    """List the names of stored blocks; what they hold is never told."""
    from jupyter_flows.store import open_blocks

    asked.site.door.sql()  # which notices a store that is gone
    with open_blocks(asked.site.door.settings) as blocks:
        found = blocks.all()
    return BlockList(blocks=[Block(label=f"{one.type}/{one.name}", type=one.type, name=one.name) for one in found])


def health(asked: Asked[Nothing, None]) -> Health:
    """Look at the store and the runner; no kernel is started for it."""
    findings = [
        Finding.model_validate(
            {"level": one.level, "about": one.about, "found": one.said, "advice": one.advice or None}
        )
        for one in examine(starts_kernels=False)
    ]
    worst = max((one.level for one in findings), key=(OK, WARN, FAIL).index, default=OK)
    return Health.model_validate(
        {"worst": worst, "runner": _runner(asked.site), "findings": [one.model_dump() for one in findings]}
    )


def settings(asked: Asked[Nothing, None]) -> Settings:
    """Tell settings, bounds and what the user may do."""
    site = asked.site
    return Settings(
        version=__version__,
        permissions=Permissions(read=READ in asked.may, write=WRITE in asked.may, execute=EXECUTE in asked.may),
        runner=_runner(site),
        bounds=Bounds(page=PAGE, log_lines=LOG_LINES, body_bytes=BODY_BYTES),
        empty=not (site.door.is_known and site.door.reader().flow_runs(RunFilter(limit=1))),
        settings=[
            Setting(name=name, value=_PASSWORD.sub("****@", str(value)), source=source)
            for name, value, source in site.door.settings.describe()
        ],
    )


def _runner(site: Site) -> Runner:
    hosted: HostedRunner = site.runner
    others = 0
    if site.door.is_there:
        from jupyter_flows.store.live_runners import live_runners

        others = sum(one.owner.token != hosted.runner_id for one in live_runners(site.door.sql()))
    return Runner(
        wanted=hosted.wanted,
        running=bool(hosted.runner_id),
        id=hosted.runner_id,
        trouble=hosted.trouble,
        others=others,
    )


__all__ = ["health", "list_blocks", "settings"]
