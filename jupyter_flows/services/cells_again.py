"""Which task cells a further attempt of a notebook run must run again, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jupyter_flows.notebooks.cell_plan import CellPlan
from jupyter_flows.services.manifest import Manifest


def cells_again(
    plan: CellPlan, finished: Mapping[int, Manifest], unfinished: Mapping[int, str], changed: Iterable[int]
) -> dict[int, str]:
    """Find the task cells that must run again.

    Plain cells always run. What runs needs the values that it takes: a task whose value was not kept runs again, and in
    turn needs what it takes itself. A task that takes a value from one whose code has changed, or that never finished,
    runs again too, since it would be given another value. One that only makes a lost value again is taken to make the
    same one.

    Parameters
    ----------
    plan
        The notebook's cells as they are now, by their position.
    finished
        Task cells that completed with the code that they have now, and what was kept of each.
    unfinished
        All other task cells, with what is to be said of each.
    changed
        Cells of any sort with other code than before.

    Returns
    -------
    dict
        Position to reason, in the order of the notebook.
    """
    reasons = dict(unfinished)
    stale = {*unfinished, *changed}
    while (found := _next_stale(plan, reasons, stale)) or (found := _next_needed(plan, finished, reasons)):
        index, reason, is_stale = found
        if is_stale:
            stale.add(index)
        if plan.cells[index].is_task:
            reasons[index] = reason
    return dict(sorted(reasons.items()))


_Found = tuple[int, str, bool] | None


def _next_stale(plan: CellPlan, reasons: Mapping[int, str], stale: set[int]) -> _Found:
    """A cell that takes from one that is not what it was."""
    for index in plan.cells:
        if index in stale:
            continue
        for before, names in plan.takes(index).items():
            if before in stale:
                name, giver = sorted(names)[0], plan.cells[before]
                what = f"`{giver.name}`, which runs again" if giver.is_task else f"cell {giver.number}, which changed"
                return index, reasons.get(index, f"its input `{name}` comes from {what}"), True
    return None


def _next_needed(plan: CellPlan, finished: Mapping[int, Manifest], reasons: Mapping[int, str]) -> _Found:
    """A finished task whose value is needed by a cell that runs, and was not kept."""
    for index, cell in plan.cells.items():
        if cell.is_task and index not in reasons:
            continue
        for before, names in _wanted(plan, finished, index).items():
            if before not in finished or before in reasons:
                continue
            kept = finished[before]
            missing = sorted(name for name in names if name not in kept.values and name not in kept.absent)
            if missing:
                return before, f"{_why(missing[0], kept)}; cell {cell.number} needs it", False
    return None


def _wanted(plan: CellPlan, finished: Mapping[int, Manifest], index: int) -> dict[int, set[str]]:
    """What a cell takes: everything, where it hides what it reads."""
    if not plan.is_hidden(index):
        return plan.takes(index)
    return {before: {*kept.values, *kept.lost} for before, kept in finished.items() if before < index}


def _why(name: str, kept: Manifest) -> str:
    lost = kept.lost.get(name)
    if lost is None:
        return f"it completed, but `{name}` was not kept, since no cell took it then"
    return f"it completed, but `{name}` ({lost.kind}) could not be kept: {lost.why}"


__all__ = ["cells_again"]
