"""Automations at work: what happened is looked at, decided once among all runners, and carried out.

One thread of a runner does this, so that no slow folder or mail server delays a tick.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic, time

from jupyter_flows.automations.deciding import Firing, Found, decide, next_look
from jupyter_flows.automations.matching import is_of
from jupyter_flows.automations.triggers import FileChange, Late
from jupyter_flows.errors import JupyterFlowsError, StoreError
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.services.acting import Actor
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.services.runner_store import file_exists
from jupyter_flows.services.watching_files import FileWatch
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_automations, open_events, open_firings
from jupyter_flows.store.automations import FileMark, StoredAutomation

BATCH = 500  # events that are looked at in one turn: what a storm needs of memory
_PRUNE_EVERY = 3_600.0
_DAY = 86_400.0
_LAST_LOOK = 10.0  # seconds that the end waits for a look that is under way


class Automating:
    """Evaluates the automations of one store.

    Parameters
    ----------
    settings
        Of the store.
    wake
        Called when there is a run to be executed, or something to be told.

    Raises
    ------
    NeedsStoreFile, SchemaMismatch, StoreUnavailable
    """

    def __init__(self, settings: Settings, wake: Callable[[], object] | None = None) -> None:
        self._settings, self._wake = settings, wake or (lambda: None)
        self._holder = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._open()
        self._told: deque[RunnerEvent] = deque(maxlen=1_000)
        self._active: list[StoredAutomation] = []
        self._watches: dict[str, FileWatch] = {}
        self._known: dict[str, dict[str, FileMark]] = {}  # what is known of files, until somebody has written
        self._troubles: dict[str, str] = {}
        self._look_at = 0.0
        self._next_prune = 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look again and again, in a thread of its own, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="automations", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look once more, carry out what was decided, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LAST_LOOK)
            if self._thread.is_alive():  # a folder that does not answer holds it; it ends with the process
                return
        self._actor.close()
        self._close()

    def told(self) -> list[RunnerEvent]:
        """Return what is to be told since the last time."""
        return [self._told.popleft() for _ in range(len(self._told))]

    def look(self) -> None:
        """Look once at everything that may be due.

        Raises
        ------
        StoreUnavailable
        """
        self._see_to_store()
        version = self._firings.file.data_version()
        if version != self._version:
            self._read()
        found, now = self._found(), time()
        if version != self._version or found or now >= self._look_at:
            self._version = version
            while self._decide(found, time()):
                found = {}
            self._act()
        self._prune()

    def _run(self) -> None:
        trouble = ""
        while not self._stopping.wait(self._settings.poll_seconds):  # the runner's own first turn comes first
            try:
                self.look()
                trouble = ""
            except StoreError:  # the runner tells of it, and it is waited out
                self._version = -1
            except (JupyterFlowsError, OSError) as error:
                if str(error) != trouble:
                    self._tell(RunnerEvent(time(), "trouble", f"automations: {error}"))
                trouble = str(error)
        with suppress(JupyterFlowsError, OSError):  # told by the runner, which uses the same store
            self.look()

    def _open(self) -> None:
        self._events, self._automations = open_events(self._settings), open_automations(self._settings)
        self._firings = open_firings(self._settings)
        self._actor = Actor(self._settings, self._firings, self._holder, self._tell)
        self._version = -1

    def _close(self) -> None:
        for part in (self._events, self._automations, self._firings):
            part.close()

    def _see_to_store(self) -> None:
        """Open the store anew where another file is in its place; one that was deleted is waited for."""
        try:
            self._firings.file.check()
        except StoreError:
            if not file_exists(self._settings):
                raise
            self._close()
            self._open()

    def _read(self) -> None:
        """Read what is watched, where somebody has written."""
        self._active = [one for one in self._automations.all() if not one.paused]
        self._known = {}
        watching = {one.id for one in self._active if isinstance(one.definition.trigger, FileChange)}
        self._watches = {id_: watch for id_, watch in self._watches.items() if id_ in watching}

    def _found(self) -> Found:
        """Files and late runs: what is found by looking, and not by an event."""
        found: dict[str, list[tuple[str, StoredEvent]]] = {}
        for one in self._active:
            trigger = one.definition.trigger
            if isinstance(trigger, FileChange):
                found[one.id] = self._files(one, trigger)
            elif isinstance(trigger, Late):
                late = ((f"late:{event.run_id}", event) for event in self._events.late(trigger, time()))
                new = [(key, event) for key, event in late if is_of(trigger, event)]
                found[one.id] = [(key, event) for key, event in new if not self._firings.has(one.id, key)]
        return {id_: several for id_, several in found.items() if several}

    def _files(self, one: StoredAutomation, trigger: FileChange) -> list[tuple[str, StoredEvent]]:
        watch = self._watches.get(one.id)
        if watch is None or watch.trigger != trigger:
            watch = self._watches[one.id] = FileWatch(trigger)
        if one.id not in self._known:
            self._known[one.id] = self._automations.known_files(one.id)
        found = watch.look(self._known[one.id], monotonic(), time())
        self._tell_trouble(one.definition.name, watch.trouble)
        return found

    def _tell_trouble(self, name: str, trouble: str) -> None:
        """Say once that a folder is gone, and once that it is back."""
        before = self._troubles.get(name, "")
        if trouble != before:
            self._troubles[name] = trouble
            kind, text = ("trouble", trouble) if trouble else ("recovered", "what it watches is there again")
            self._tell(RunnerEvent(time(), kind, f"{name}: {text}"))

    def _decide(self, found: Found, now: float) -> bool:
        """Decide one turn; tell whether there is more to look at."""
        seen, turn = self._firings.turn()  # before how automations stand: who writes that begins another turn
        before = [one.standing for one in self._automations.all() if not one.paused]
        self._look_at = float("inf")
        if not before:
            return False
        seen = max(seen, min(one.since for one in before))
        events = self._events.after(seen, BATCH)
        more = len(events) == BATCH
        standings, firings = decide(before, events, found, now, more=more)
        changed = [after for after, was in zip(standings, before, strict=True) if after != was]
        self._look_at = next_look(standings) or float("inf")
        if not events and not changed and not firings:
            return False
        last = events[-1].id if events else seen
        deep = [(firing, self._depth(firing)) for firing in firings]
        taken = _taken(firings)
        if not self._firings.write_turn(turn, last, changed, deep, taken):
            self._look_at = 0.0  # another runner was first: what it has left is for the next look
            self._known = {}
            return False
        for (automation_id, path), mark in taken.items():
            self._known.get(automation_id, {})[path] = mark
        return more

    def _depth(self, firing: Firing) -> int:
        return 1 + (self._firings.depth_of(firing.event.run_id) if firing.event.run_id else 0)

    def _act(self) -> None:
        known = {one.id: one.definition for one in self._automations.all()}
        while several := self._firings.open(time()):
            for firing in several:
                self._actor.act(firing, known.get(firing.automation_id))
            self._wake()

    def _prune(self) -> None:
        if monotonic() < self._next_prune:
            return
        self._next_prune = monotonic() + _PRUNE_EVERY
        before = time() - self._settings.event_days * _DAY
        while self._events.drop(before):
            pass
        self._firings.drop(before)

    def _tell(self, event: RunnerEvent) -> None:
        self._told.append(event)
        self._wake()


def _taken(firings: Sequence[Firing]) -> dict[tuple[str, str], FileMark]:
    """The files that firings are about, as they are when they are taken."""
    found: dict[tuple[str, str], FileMark] = {}
    for firing in firings:
        kind, _, rest = firing.key.partition(":")
        if kind == "file":
            size, time_ns, path = rest.split(":", 2)
            found[firing.automation_id, path] = (int(size), int(time_ns))
    return found


__all__ = ["Automating"]
