"""The value that draws itself: what `flow.visualize()` and a run's rich display return."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping

from jupyter_flows.graph.called_flows import Within
from jupyter_flows.graph.embedded import embedded
from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.plain_text import markup
from jupyter_flows.graph.svg import label, svg
from jupyter_flows.graph.svg_style import Theme
from jupyter_flows.graph.table import html_table, text
from jupyter_flows.model.states import FINAL, RUNNING


class RunGraph:
    """A picture that notebooks, terminals and saved files each show in their way.

    Parameters
    ----------
    picture
        What to show.
    theme
        ``auto``, ``light`` or ``dark``.
    run_id
        The flow run it shows, if one.
    version
        How many states that run had had when it was read.
    again
        Draws what is shown as it stands by now, given the graph so far (whose places it may keep): with it, the graph
        can be watched. Without, it shows one moment.
    follows
        Whether ``again`` may show another run than before, such as a flow's newest.
    usual
        What its tasks usually take, where that was looked up: see `run_picture.picture_of_run`.
    boxes
        Where each box is a run of its own: key of the node to flow run and number of the task run.
    unfold
        Draws the same with boxes of these keys unfolded, given the picture so far: see `run_picture.picture_of_run`.
    within
        Knows the flows that the run called.

    Examples
    --------
    >>> from jupyter_flows.graph.node import Edge, Node
    >>> from jupyter_flows.graph.picture import picture
    >>> RunGraph(picture([Node("1", "extract"), Node("2", "load")], [Edge("1", "2")]))
    Graph of 2 tasks
      extract: Pending
      load: Pending, after extract
    """

    def __init__(
        self,
        picture: Picture,
        theme: Theme = "auto",
        *,
        run_id: str = "",
        version: int = 0,
        again: Callable[[RunGraph], RunGraph] | None = None,
        follows: bool = False,
        usual: Mapping[tuple[str, bool], float] | None = None,
        boxes: Mapping[str, tuple[str, int]] | None = None,
        unfold: Callable[[Collection[str], Picture | None], Picture] | None = None,
        within: Within | None = None,
    ) -> None:
        self.picture = picture
        self.theme: Theme = theme
        self.run_id = run_id
        self.version = version
        self.again = again
        self.follows = follows
        self.usual = usual
        self.boxes = boxes or {}
        self.unfold = unfold
        self.within = within

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to what it shows by itself."""
        header = self.picture.header
        return header is not None and header.state_kind in FINAL

    @property
    def is_under_way(self) -> bool:
        """Whether the run that it shows, or one of its boxes, is under way."""
        if self.run_id:
            return not self.is_final
        return any(placed.node.key in self.boxes and placed.node.state_kind is RUNNING for placed in self.picture.nodes)

    def svg(self, theme: Theme | None = None, *, alone: bool = False) -> str:
        """Draw as one SVG that needs nothing else; ``alone`` leaves out what only a page around it makes use of."""
        return svg(self.picture, theme or self.theme, alone=alone)

    def image(self) -> str:
        """Draw as an image of its own."""
        return self.svg(alone=True)

    def html(self) -> str:
        """Draw as an HTML fragment: the picture, and the same as a table to unfold."""
        picture = embedded(self.image(), markup(label(self.picture)))
        return (
            f'<div style="overflow-x:auto">{picture}</div>'
            f"<details><summary>As a table</summary>{html_table(self.picture)}</details>"
        )

    def __repr__(self) -> str:
        return text(self.picture)

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        makers = {"text/plain": self.__repr__, "text/html": self.html, "image/svg+xml": self.image}
        return {
            mime: make()
            for mime, make in makers.items()
            if (include is None or mime in include) and (exclude is None or mime not in exclude)
        }
