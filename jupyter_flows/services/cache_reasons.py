"""Why a task run's value was found in the cache, or was not: read from the runs' logs and the kept results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jupyter_flows.graph.durations import duration_words
from jupyter_flows.model.cache_answers import CacheAnswer, read_answer
from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.runs import LogLine, TaskRun
from jupyter_flows.services.log_lines import log_lines

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_LOGGER = "jupyter_flows"  # of our own lines
_KEPT = 10_000  # newest kept values that are looked through
_COMPARED = 100  # earlier runs of a task whose keys are compared
_Found = tuple[str, tuple[str, ...], str]  # what was compared with, what differs, and a sentence
_WORDS = {
    "task": "the task's name, or its code where it was defined in a notebook or script, differs",
    "task source": "the task's source changed",
    "run id": "the key holds the flow run (RUN_ID), and this is another one",
    "flow parameters": "the parameters of the flow differ",
    "key function": "the key function was another one",
    "target": "the target is another place",
    "policy": "the policy was another one",
}


@dataclass(frozen=True, slots=True)
class CacheReason:
    """Why a task run got what it got from the cache.

    Parameters
    ----------
    task_run
        Which one.
    key
        Its cache key; empty where it made none.
    parts
        What the key is made of: name of the part to the start of its digest.
    hit
        Whether a value was found.
    compared_with
        The task run that the value came from, or the earlier one that was most alike.
    differing
        The parts that differ from those of ``compared_with``.
    reason
        One sentence.
    """

    task_run: TaskRun
    key: str
    parts: Mapping[str, str]
    hit: bool
    compared_with: str
    differing: tuple[str, ...]
    reason: str


def cache_reasons(store: RunReader, run_id: str) -> list[CacheReason]:
    """Explain each task run of a flow run that looked into the cache, by number."""
    answers = _answers(store, run_id)
    explain = _Explainer(store).explain
    return [explain(run, *answers[run.number]) for run in store.task_runs(run_id) if run.number in answers]


def no_look_up(run: TaskRun) -> CacheReason:
    """What is to be said of a task run that did not look into the cache."""
    why = "it did not ask the cache: its task has no cache_key_fn or cache_policy, no key came of it, or it never began"
    return CacheReason(run, "", {}, False, "", (), why)


class _Explainer:
    """Compares look-ups with what was kept before them."""

    def __init__(self, store: RunReader) -> None:
        self._store = store
        self._kept = store.cached(_KEPT)  # newest first
        self._answers_of = cache(lambda run_id: _answers(store, run_id))

    def explain(self, run: TaskRun, answer: CacheAnswer, line: LogLine) -> CacheReason:
        """Explain one look-up."""
        if answer.origin:
            return self._hit(run, answer)
        earlier = [kept for kept in self._kept if kept.at <= line.at and _name(kept) != run.id]
        found = _refused(answer, line, earlier) or self._most_alike(run, answer, line, earlier)
        other, differing, reason = found or (
            "",
            (),
            "never computed: there is no kept value of an earlier run of this task (or it was cleared)",
        )
        return CacheReason(run, answer.key, answer.parts, False, other, differing, reason)

    def _hit(self, run: TaskRun, answer: CacheAnswer) -> CacheReason:
        run_id, _, number = answer.origin.rpartition("-")
        first, _ = self._answers_of(run_id).get(int(number) if number.isdecimal() else -1, (CacheAnswer(""), None))
        reason = f"found: the value of {answer.origin}, kept {duration_words(answer.age)} before"
        return CacheReason(run, answer.key, first.parts, True, answer.origin, (), reason)

    def _most_alike(self, run: TaskRun, answer: CacheAnswer, line: LogLine, earlier: list[ResultKept]) -> _Found | None:
        """The newest of those earlier runs of the task whose keys differ in the fewest parts."""
        best: tuple[ResultKept, tuple[str, ...]] | None = None
        for kept, parts in self._of_task(run, earlier):
            differing = tuple(name for name in {**answer.parts, **parts} if answer.parts.get(name) != parts.get(name))
            if best is None or len(differing) < len(best[1]):
                best = kept, differing
        if best is None:
            return None
        kept, differing = best
        told = "; ".join(map(_difference, differing)) or "its key function gave another key"
        since = duration_words(line.at - kept.at)
        return _name(kept), differing, f"{told} (compared with {_name(kept)}, {since} earlier)"

    def _of_task(self, run: TaskRun, earlier: list[ResultKept]) -> Iterator[tuple[ResultKept, Mapping[str, str]]]:
        names = cache(lambda run_id: {one.number: one.task for one in self._store.task_runs(run_id)})
        compared = 0
        for kept in earlier:
            found = self._answers_of(kept.run_id).get(kept.number)
            if found is not None and not found[0].origin and names(kept.run_id).get(kept.number) == run.task:
                yield kept, found[0].parts
                compared += 1
                if compared == _COMPARED:
                    return


def _refused(answer: CacheAnswer, line: LogLine, earlier: list[ResultKept]) -> _Found | None:
    """Values of this very key were there, and were not to be had."""
    if answer.why == "refresh_cache":
        return "", (), "not asked: refresh_cache lets it run all the same, and keeps the new value"
    same = [kept for kept in earlier if kept.cache_key == answer.key]
    origin = _name(same[0]) if same else ""
    if answer.why:
        return origin, (), f"the kept value is not to be had: {answer.why}"
    if not same or same[0].expires_at is None or same[0].expires_at > line.at:
        return None
    return origin, (), f"expired {duration_words(line.at - same[0].expires_at)} before: the value of {origin}"


def _difference(part: str) -> str:
    if part.startswith("input "):
        return f"argument `{part.removeprefix('input ')}` differs"
    return _WORDS.get(part, f"{part} differs")


def _name(kept: ResultKept) -> str:
    return f"{kept.run_id}-{kept.number}"


def _answers(store: RunReader, run_id: str) -> dict[int, tuple[CacheAnswer, LogLine]]:
    """The last look-up of each task run of a flow run."""
    answers: dict[int, tuple[CacheAnswer, LogLine]] = {}
    for line in log_lines(store, run_id):
        answer = read_answer(line.message) if line.logger == _LOGGER and line.number else None
        if answer is not None:
            answers[line.number] = answer, line
    return answers
