"""A kernel whose code has resolved a secret: no message of it shows that any more."""

from __future__ import annotations

from typing import Any

from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.secrets.resolved import redact_json


def guard_kernel() -> None:
    """Take secrets out of what the kernel that this runs in says, if it is one: streams, displays, errors, widgets.

    The text stays in the kernel's process, so that it cannot reach a notebook, whoever executes that.
    """
    shell = kernel_shell()
    session = getattr(getattr(shell, "kernel", None), "session", None)
    if session is None or getattr(session.send, "guarded", False):
        return
    send = session.send

    def guarded(stream: Any, kind: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kind, dict):
            kind = {**kind, "content": redact_json(kind.get("content"))}
        elif content is not None:
            content = redact_json(content)
        return send(stream, kind, content, *args, **kwargs)

    guarded.guarded = True  # type: ignore[attr-defined]
    session.send = guarded


__all__ = ["guard_kernel"]
