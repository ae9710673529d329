"""What is told: one run, how it stands, and what is to blame."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_ERROR = 1_000  # characters of an error that are sent; the whole of it is with the run
_FACES = {"Completed": "✅", "Failed": "❌", "TimedOut": "⏱", "Crashed": "💥", "Cancelled": "🚫", "Late": "🕑"}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told.

    Parameters
    ----------
    title
        In a few words, such as ``flights_daily failed``.
    state
        The state's name.
    subject
        The flow, notebook or task.
    run, run_id
        The run's name and id; empty where it is about no run.
    culprit
        The task or cell that failed, with its place; empty for none.
    error
        What was raised.
    advice
        What to do or look at next.
    facts
        More, by their names.
    at
        Seconds since the epoch.
    """

    title: str
    state: str = ""
    subject: str = ""
    run: str = ""
    run_id: str = ""
    culprit: str = ""
    error: str = ""
    advice: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    at: float = 0.0

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what is known, by its name, in the order in which people want it."""
        known = (
            ("flow", self.subject),
            ("run", f"{self.run} ({self.run_id})" if self.run_id else self.run),
            ("state", self.state),
            ("failed in", self.culprit),
            ("error", self.short_error()),
            *self.facts,
            ("next", self.advice),
        )
        return tuple((name, text) for name, text in known if text)

    def short_error(self) -> str:
        """Return the error, its end kept where it is long: that is where the reason stands."""
        text = self.error.strip()
        return text if len(text) <= LONGEST_ERROR else f"…{text[-LONGEST_ERROR:]}"

    def headline(self) -> str:
        """Return the title with a sign for its state."""
        return f"{_FACES.get(self.state, '🔔')} {self.title}"


__all__ = ["LONGEST_ERROR", "Notice"]
