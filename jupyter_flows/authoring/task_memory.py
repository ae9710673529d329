"""One task's memory: makes cache keys, finds kept values and keeps new ones."""

from __future__ import annotations

import logging
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

    def key(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CacheKey | None:
        """See `Memory.key`."""
        options, task = self._options, self._task
        if options.key_fn is not None:
            return self._key_by_function(options.key_fn, call, self._arguments(args, kwargs))
        if options.policy is None:
            return None
        from jupyter_flows.caching.policies import CacheFacts, made_key  # deferred: few tasks cache

        arguments = self._arguments(args, kwargs)
        facts = CacheFacts(task.key, task.fn, arguments, call.run.id, call.run.parameters)
        return made_key(options.policy, facts)

    def _key_by_function(self, function: Any, call: Call, arguments: dict[str, Any]) -> CacheKey | None:
        from jupyter_flows.caching.key_functions import KeyContext, key_by_function  # deferred: few tasks cache

        key = key_by_function(function, KeyContext(self._task, run_info(call)), arguments)
        return None if key is None else key._replace(text=f"{self._task.key}:{key.text}")

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
