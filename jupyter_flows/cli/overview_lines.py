"""An overview as the lines of a screen: what runs, what waits, what has ended, what comes next."""

from __future__ import annotations

from jupyter_flows.cli.listing import title
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.times import local
from jupyter_flows.graph.durations import duration_words, elapsed
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.overview import ComingTick, Overview, RunOrigin, WatchedRun
from jupyter_flows.services.deployment_options import FIRST_SCHEDULE

_BAR = 10
_WIDE = 110  # columns from which bars are drawn
_LATE = 15.0  # seconds
_SLOW = 2.0  # times the usual duration from which words are lost about it
_HEADS = ("STATE", "FLOW", "DONE", "TOOK", "NOW")
_FIXED = 6  # lines that are neither runs nor ticks: summary, head, the gaps, and what is left out


def overview_lines(overview: Overview, screen: Screen, now: float, height: int | None = None) -> list[list[Cell]]:
    """Lay an overview out.

    Parameters
    ----------
    now
        Seconds since the epoch, for what is under way.
    height
        Lines there are; what has ended gives way first, then what waits. As many as it takes when not given.
    """
    lines = [_summary(overview), []]
    shown, left_out = _fitting(overview, height)
    if shown:
        lines += screen.table_lines(_HEADS, [_row(one, screen, now) for one in shown])
    if left_out:
        lines.append([Cell(f"  … and {left_out:,} more", "dim")])
    if overview.ticks:
        lines.append([])
        lines += [_tick(tick, now) for tick in overview.ticks]
    return lines


def _summary(overview: Overview) -> list[Cell]:
    bad = sum(str(one.run.state.kind) in {"failed", "crashed"} for one in overview.ended)
    cells = [
        Cell(f"{len(overview.running):,} running", "bold blue" if overview.running else "dim"),
        Cell(f"   {len(overview.waiting):,} waiting", "" if overview.waiting else "dim"),
        Cell(f"   {len(overview.ended):,} ended in the last hour", "" if overview.ended else "dim"),
    ]
    return [*cells, Cell(f", {bad:,} badly", "red")] if bad else cells


def _fitting(overview: Overview, height: int | None) -> tuple[list[WatchedRun], int]:
    everything = [*overview.running, *overview.waiting, *overview.ended]
    if height is None:
        return everything, 0
    room = max(1, height - _FIXED - len(overview.ticks))
    return everything[:room], max(0, len(everything) - room)


def _row(one: WatchedRun, screen: Screen, now: float) -> list[Cell]:
    run = one.run
    ended = run.state.is_final()
    word = run.state.name if ended or not one.progress.failed else f"{run.state.name}, {one.progress.failed} failed"
    state = Cell(screen.state_word(word, run.state), "red" if word != run.state.name else screen.state(run.state).style)
    return [
        state,
        Cell(first_line(title(run), 40 if screen.width >= _WIDE else 24), "dim" if ended else "bold"),
        Cell(_done(one, screen), "dim" if ended else ""),
        _took(one, now),
        _now(one, now, screen.width >= _WIDE),
    ]


def _done(one: WatchedRun, screen: Screen) -> str:
    whole, done = one.expected, one.progress.ended
    if not whole:
        return ""
    counted = f"{done:,}/{whole:,}"
    if not screen.draws_icons or screen.width < _WIDE or one.run.state.is_final():
        return counted
    full = round(_BAR * done / whole)
    return "━" * full + "╌" * (_BAR - full) + f" {counted}"


def _took(one: WatchedRun, now: float) -> Cell:
    """The time so far, beside the usual one; slow ones are told by words, not by colour alone."""
    run, usual = one.run, one.usual
    if run.started_at is None:
        return Cell("")
    seconds = max(0.0, (run.ended_at or now) - run.started_at)
    if usual is None or usual.seconds <= 0:
        return Cell(duration_words(seconds), "dim")
    if seconds > max(1.0, _SLOW * usual.seconds):
        return Cell(f"{duration_words(seconds)}, {seconds / usual.seconds:.0f}x the usual", "yellow")
    if run.ended_at is not None:
        return Cell(duration_words(seconds), "dim")
    return Cell(f"{duration_words(seconds)} of {duration_words(usual.seconds)}")


def _now(one: WatchedRun, now: float, wide: bool) -> Cell:
    run = one.run
    if run.ended_at is not None:
        said = "" if str(run.state.kind) == "completed" else first_line(run.state.message, 120)
        when = local(run.ended_at, now)
        return Cell((f"{when}  {said}" if wide else said) if said else when, "dim")
    if one.progress.current:
        more = one.progress.running - len(one.progress.current)
        names = ", ".join(first_line(name, 40) for name in one.progress.current)
        return Cell(names + (f" and {more:,} more" if more > 0 else ""))
    said = first_line(run.state.message, 120) or _due(one.origin, now)
    return Cell(said, "dim")


def _due(origin: RunOrigin | None, now: float) -> str:
    if origin is None:
        return ""
    due = origin.queued.due_at
    return f"due in {duration_words(due - now)}" if due > now else f"due {elapsed(due, None, now)} ago"


def _tick(tick: ComingTick, now: float) -> list[Cell]:
    plain = tick.schedule in {"", FIRST_SCHEDULE, tick.deployment}
    name = tick.deployment if plain else f"{tick.deployment} · {tick.schedule}"
    late = now - tick.at  # a runner decides a tick at once: a tick that stays has none
    when = f"in {duration_words(-late)}" if late < 0 else f"{duration_words(late)} late" if late > _LATE else "due now"
    return [
        Cell(f"  next  {local(tick.at, now):<12}  ", "dim"),
        Cell(f"{when:<14}  ", "yellow" if late > _LATE else ""),
        Cell(first_line(name, 40), "bold"),
    ]


__all__ = ["overview_lines"]
