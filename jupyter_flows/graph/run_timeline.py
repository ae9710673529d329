"""The timeline that draws itself: what `RecordedRun.timeline()` returns."""

from __future__ import annotations

from collections.abc import Container

from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.embedded import embedded
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.svg_style import Theme
from jupyter_flows.graph.timeline import Timeline
from jupyter_flows.graph.timeline_svg import label, timeline_svg


class RunTimeline:
    """A timeline that notebooks and terminals each show in their way.

    Parameters
    ----------
    timeline
        What to show.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def svg(self, theme: Theme = "auto") -> str:
        """Draw as one SVG that needs nothing else."""
        return timeline_svg(self.timeline, theme)

    def __repr__(self) -> str:
        timed = [row for row in self.timeline.rows if row.label and row.pieces]
        lines = [f"{plain(self.timeline.title, 100)}: {duration_words(self.timeline.length)}"]
        lines += [f"  {plain(row.label, 100)}: ended after {duration_words(row.pieces[-1].end)}" for row in timed]
        return "\n".join([*lines, *filter(None, [self.timeline.sentence, self.timeline.notice])])

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        drawn = self.svg()
        made = {
            "text/plain": repr(self),
            "text/html": f'<div style="overflow-x:auto">{embedded(drawn, label(self.timeline))}</div>',
            "image/svg+xml": drawn,
        }
        return {
            mime: value
            for mime, value in made.items()
            if (include is None or mime in include) and (exclude is None or mime not in exclude)
        }
