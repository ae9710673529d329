"""One task's memory: makes cache keys, finds kept values and keeps new ones."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.memory_options import MemoryOptions
from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.logs import say
from jupyter_flows.drivers.run_info import run_info
from jupyter_flows.errors import ResultMissing, UnserializableResult
from jupyter_flows.model.cache_answers import CacheKey, miss_line
from jupyter_flows.model.records import ResultKept
from jupyter_flows.wiring import result_index, result_store

if TYPE_CHECKING:
    from jupyter_flows.authoring.task import Task


_TARGET = "target "  # before the place, in a key


def target_words(call: Call, task: str) -> dict[str, Any]:
    """What a ``target`` can name beside the arguments: the classic words that hold for a run here."""
    now = datetime.fromtimestamp(call.run.session.clock.time()).astimezone()
    return {
        "task_name": task,
        "task_run_id": call.id,
        "map_index": call.map_index,
        "flow_name": call.run.spec.name,
        "flow_run_id": call.run.id,
        "flow_run_name": call.run.name,
        "date": now,
        "today": now.date().isoformat(),
        "yesterday": (now.date() - timedelta(days=1)).isoformat(),
        "tomorrow": (now.date() + timedelta(days=1)).isoformat(),
    }


class TaskMemory:
    """Implements `jupyter_flows.drivers.calls.Memory` for a task.

    Parameters
    ----------
    task
        The task object.
    options
        What to keep, and under which key.
    """

    def __init__(self, task: Task[Any, Any], options: MemoryOptions) -> None:
        self._task, self._options = task, options
        self._identity = f"cache_key {options.shared_key}" if options.shared_key else task.key

    def key(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CacheKey | None:
        """See `Memory.key`."""
        options, task = self._options, self._task
        if options.target:
            return self._key_by_target(options.target, call, self._arguments(args, kwargs))
        if options.key_fn is not None:
            return self._key_by_function(options.key_fn, call, self._arguments(args, kwargs))
        if options.policy is None:
            return None
        from jupyter_flows.caching.policies import CacheFacts, made_key  # deferred: few tasks cache

        arguments = self._arguments(args, kwargs)
        facts = CacheFacts(self._identity, task.fn, arguments, call.run.id, call.run.parameters)
        return made_key(options.policy, facts)

    def _key_by_function(self, function: Any, call: Call, arguments: dict[str, Any]) -> CacheKey | None:
        from jupyter_flows.caching.key_functions import KeyContext, key_by_function  # deferred: few tasks cache

        key = key_by_function(function, KeyContext(self._task, run_info(call)), arguments)
        return None if key is None else key._replace(text=f"{self._identity}:{key.text}")

    def _key_by_target(self, target: Any, call: Call, arguments: dict[str, Any]) -> CacheKey:
        from jupyter_flows.caching.content import content_hash  # deferred: only tasks that name a place need these
        from jupyter_flows.results import checked_storage_key, render_target

        words = {**target_words(call, self._task.name), **arguments}
        if isinstance(target, str):
            place = render_target(target, words, call.run.parameters)
        else:
            place = checked_storage_key(str(target(**{**words, "parameters": call.run.parameters})), "target")
        return CacheKey(_TARGET + place, {"target": content_hash(place)})

    def find(self, call: Call, key: CacheKey, at: float) -> tuple[object, ResultKept] | None:
        """See `Memory.find`; a value that is not there any more, or not as it was kept, is as good as none."""
        why = "refresh_cache" if self._options.refresh else ""
        kept = None if why else result_index().find(key.text, at)
        if kept is not None:
            try:
                return result_store().read(kept.result, kept.run_id, kept.number), kept
            except ResultMissing as missing:
                logging.getLogger("jupyter_flows").warning("%s runs again: %s", self._task.name, missing)
                why = str(missing)
        say(call.run, call.number, logging.DEBUG, miss_line(key, why))
        return None

    def keep(self, call: Call, value: object, key: str | None, at: float) -> ResultKept | None:
        """See `Memory.keep`."""
        options = self._options
        if key is None and not options.persist:
            return None
        place = self._storage_key(call) if options.storage_key else None
        if options.target and key is not None:
            place = key.removeprefix(_TARGET)
        try:
            result = result_store().write(value, call.run.id, call.number, options.serializer or None, place)
        except UnserializableResult as error:
            raise UnserializableResult(self._task.name, error.type_name, error.why) from error
        expires_at = at + options.expiration_seconds if options.expiration_seconds else None
        return ResultKept(call.run.id, call.number, call.attempt, at, key, expires_at, result)

    def _storage_key(self, call: Call) -> str:
        from jupyter_flows.results import render_storage_key  # deferred: only tasks that name a place need it

        parameters = self._arguments(call.args, call.kwargs)
        return render_storage_key(self._options.storage_key, parameters, call.run.id, call.number, self._task.name)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        from jupyter_flows.caching.arguments import bind_arguments  # deferred: only tasks that cache or name a place

        return bind_arguments(self._task.fn, args, kwargs)
