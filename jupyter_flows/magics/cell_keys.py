"""Inside a kernel that executes a notebook headless: the key under which what a task cell gives is found again."""

from __future__ import annotations

import json

from jupyter_flows.caching.content import joined_hash
from jupyter_flows.errors import UncacheableInput
from jupyter_flows.magics.kept import key_parts
from jupyter_flows.notebooks.kernel_answer import Answer
from jupyter_flows.notebooks.own_kernel import kernel_shell


def key_answer(request: str) -> Answer:
    """Make the key of a task cell from the values that its names have now.

    Parameters
    ----------
    request
        JSON object: ``task``, the ``digest`` of its code, and the names that it ``needs``.
    """
    asked = json.loads(request)
    try:
        parts = key_parts(asked["task"], asked["digest"], asked["needs"], kernel_shell().user_ns)
    except UncacheableInput as error:
        return Answer({"problem": str(error)})
    return Answer({"key": joined_hash(parts), "parts": dict(parts)})


__all__ = ["key_answer"]
