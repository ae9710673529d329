"""The one widget of a kernel: it carries what all displayed graphs say to the page and hear from it.

The page's script finds the saved pictures by their mark and draws over them, so that no output ever needs a widget:
what is saved, at any moment, is the picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from jupyter_flows.widget.busy_kernel import heard_on_control, let_page_choose_subshell
from jupyter_flows.widget.script import SCRIPT
from jupyter_flows.widget.snapshot import Json

_log = logging.getLogger("jupyter_flows.widget")


class Bridge(anywidget.AnyWidget):
    """The page's end of the line.

    Parameters
    ----------
    hear
        Called with each message of the page; it may `say` something, by any thread.
    """

    _esm = SCRIPT.read_text(encoding="utf-8")
    on_control = traitlets.Unicode().tag(sync=True)  # the comm's id, where the page must use the control channel

    def __init__(self, hear: Callable[[Json], None]) -> None:
        super().__init__()
        self._heard = hear
        let_page_choose_subshell(self.comm)
        self.on_control = heard_on_control(self.comm)
        self.on_msg(self._hear)

    def say(self, graph: str, message: Json) -> None:
        """Send a message about a graph. Any thread."""
        self.send({"graph": graph, **message})

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        try:
            if isinstance(content, dict) and isinstance(content.get("graph"), str):
                self._heard(content)
        except Exception:  # noqa: BLE001 - what a page says must not disturb the kernel
            _log.debug("a message of the page could not be answered", exc_info=True)
