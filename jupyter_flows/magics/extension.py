"""`%load_ext jupyter_flows`: what stands in the shell until a cell wants more of the extension than to be seen.

Most notebooks load the extension in their first cell and use it much later, and all that it needs takes a tenth of a
second to import. So the magics, the help, the Tab key and the pictures are stand-ins at first. Whatever wants the
extension itself wakes it: it takes their place and is told of the cells that were run until then.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_flows.magics.loaded import ATTRIBUTE

if TYPE_CHECKING:
    from jupyter_flows.magics.whole_extension import WholeExtension
    from jupyter_flows.magics.workbench import Workbench

_MAGICS = (("cell", "task"), ("cell", "flow"), ("line", "flow"), ("line", "flows"))
# What a cell has that wants the extension, and what is in its request of one with the tag, or of one run headless.
_WORDS = ("%%task", "%flow", "jupyter_flows")
_TAG, _ATTEMPT = "task", "jupyter_flows_attempt"
_DRAWN = (("jupyter_flows.graph.run_graph", "RunGraph"), ("jupyter_flows.authoring.history", "RecordedRun"))
_COMPLETES = "_jupyter_flows_completes"  # of the shell: what was added to its completion stays there


class Extension:
    """The extension of one shell: asleep at first.

    Parameters
    ----------
    shell
        IPython's.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._seen: list[tuple[str, Mapping[str, Any]]] = []
        self._whole: WholeExtension | None = None

    @property
    def workbench(self) -> Workbench:
        """The notebook at work; this wakes the extension."""
        return self.wake().workbench

    def load(self) -> None:
        """Add the stand-ins."""
        shell = self.shell
        present = getattr(shell.displayhook, "exec_result", None)
        if present is not None:
            self._note(present.info)  # the cell that loads it is the notebook's, too
        for kind, name in _MAGICS:
            shell.register_magic_function(_Magic(self, kind, name), kind, name)
        shell.events.register("pre_run_cell", self._see)
        shell.input_transformers_cleanup.insert(0, self._look)
        formatter = shell.display_formatter.ipython_display_formatter
        for module, name in _DRAWN:
            formatter.for_type_by_name(module, name, self._draw)
        if not getattr(shell, _COMPLETES, False):
            setattr(shell, _COMPLETES, True)
            for key in ("%flow", "flow", "%%task"):
                shell.set_hook("complete_command", _complete, str_key=key)

    def wake(self) -> WholeExtension:
        """Put the extension itself in the place of the stand-ins."""
        if self._whole is None:
            from jupyter_flows.magics.whole_extension import WholeExtension  # deferred: it is all of the project

            self._take_away()
            self._whole = WholeExtension(self.shell)
            self._whole.load(self._seen)
            self._seen = []
        return self._whole

    def unload(self) -> None:
        """Take away what is there; what was defined and run stays."""
        if self._whole is None:
            self._take_away()
        else:
            self._whole.unload()

    def _take_away(self) -> None:
        shell = self.shell
        for kind, name in _MAGICS:
            shell.magics_manager.magics[kind].pop(name, None)
        shell.events.unregister("pre_run_cell", self._see)
        shell.input_transformers_cleanup.remove(self._look)
        formatter = shell.display_formatter.ipython_display_formatter
        for module, name in _DRAWN:
            formatter.pop(f"{module}.{name}", None)

    # -- what wakes it -----------------------------------------------------------------------------------------------

    def _look(self, lines: list[str]) -> list[str]:
        """An input transformer: a cell that names the extension wakes it before it is read."""
        if any(word in line for line in lines for word in _WORDS) or self._is_asked_for(self._parent()):
            return self.wake().rewriter(lines)
        return lines

    def _see(self, info: Any) -> None:
        """Note a cell before it runs; flows that a module brings along wake the extension for the next ones."""
        if info.silent:
            return
        self._note(info)
        if "jupyter_flows.authoring" in sys.modules:
            self.wake()

    def _draw(self, drawn: Any) -> None:
        self.wake()
        self.shell.display_formatter.ipython_display_formatter(drawn)

    def _note(self, info: Any) -> None:
        self._seen.append((info.raw_cell, self._parent()))

    def _parent(self) -> Mapping[str, Any]:
        if getattr(self.shell, "kernel", None) is None:
            return {}
        parent = self.shell.get_parent()
        return parent if isinstance(parent, Mapping) else {}

    def _is_asked_for(self, parent: Mapping[str, Any]) -> bool:
        metadata = parent.get("metadata") or {}
        tags = metadata.get("tags")
        return _ATTEMPT in metadata or (isinstance(tags, list) and _TAG in tags)


class _Magic:
    """Stands for a magic: called or asked for its help, it wakes the extension and lets the magic answer."""

    _ipython_magic_no_var_expand = True

    def __init__(self, extension: Extension, kind: str, name: str) -> None:
        self._extension, self._kind, self._name = extension, kind, name

    def _itself(self) -> Any:
        self._extension.wake()
        return self._extension.shell.magics_manager.magics[self._kind][self._name]

    def __call__(self, *words: str) -> Any:
        __tracebackhide__ = True
        return self._itself()(*words)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self._itself().__doc__


def _complete(shell: Any, event: Any) -> list[str]:
    extension = getattr(shell, ATTRIBUTE, None)
    if extension is None:
        return []
    from jupyter_flows.magics.completing import words_after  # deferred: it is all of the project

    return words_after(extension.workbench, event.line)


def load_ipython_extension(shell: Any) -> None:
    """Add the magics and the live graphs to a shell; a second time nothing happens."""
    if getattr(shell, ATTRIBUTE, None) is None:
        extension = Extension(shell)
        extension.load()
        setattr(shell, ATTRIBUTE, extension)


def unload_ipython_extension(shell: Any) -> None:
    """Take them away from a shell, where they are."""
    extension = getattr(shell, ATTRIBUTE, None)
    if extension is not None:
        extension.unload()
        setattr(shell, ATTRIBUTE, None)


__all__ = ["Extension", "load_ipython_extension", "unload_ipython_extension"]
