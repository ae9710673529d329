"""Upstreams of other flow runs: their ends are told to the machine of the run that waits for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.model.events import UpstreamSettled


def follow_others(post: Callable[[FlowRunHandle, Any], None], run: FlowRunHandle, call: Call) -> None:
    """Post the end of each run that a call of ``run`` waits for elsewhere, now or later.

    To be called once the machine knows of the call: it passes over what it is told of others, and a run that has
    ended already is told at once.
    """
    for upstream, allow_failure in call.others:
        upstream.add_callback(partial(_tell_end, post, run, call.number, upstream, allow_failure))


def _tell_end(
    post: Callable[[FlowRunHandle, Any], None], run: FlowRunHandle, number: int, upstream: Call, allow_failure: bool
) -> None:
    if upstream.state is not None:
        post(run, UpstreamSettled(upstream.state.at, number, upstream.state, allow_failure, upstream.name))


__all__ = ["follow_others"]
