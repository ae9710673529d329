"""The colours of a drawing, light and dark, and the rules that switch between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from jupyter_flows.graph.palette import Look

Theme = Literal["auto", "light", "dark"]

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

# Ground, card, its line, edges, ink, quieter ink (7:1), the strip of the footer.
LIGHT: Mapping[str, str] = {
    "bg": "#ffffff",
    "card": "#ffffff",
    "line": "#d0d7de",
    "edge": "#afb8c1",
    "ink": "#1f2328",
    "mut": "#57606a",
    "soft": "#f6f8fa",
}
DARK: Mapping[str, str] = {
    "bg": "#0d1117",
    "card": "#161b22",
    "line": "#3d444d",
    "edge": "#57606a",
    "ink": "#e6edf3",
    "mut": "#9da7b3",
    "soft": "#161b22",
}


def tone(theme: Theme, name: str) -> str:
    """A colour of the frame as an attribute: what shows where style sheets are stripped."""
    return (DARK if theme == "dark" else LIGHT)[name]


def ink(theme: Theme, look: Look) -> str:
    """A state's colour as an attribute."""
    return look.dark if theme == "dark" else look.light


def style(name: str, looks: Iterable[Look], theme: Theme) -> str:
    """Give the style sheet of one drawing, all of it under the drawing's own id.

    Parameters
    ----------
    name
        Id of the root element.
    looks
        The looks in use.
    theme
        ``auto`` follows the reader's system, and JupyterLab's theme where the drawing is part of its page.
    """
    used = {look.css: look for look in looks}
    light = _tones(LIGHT, {css: look.light for css, look in used.items()})
    dark = _tones(DARK, {css: look.dark for css, look in used.items()})
    root = f"#{name}"
    if theme != "auto":
        head = f"{root}{{{dark if theme == 'dark' else light}}}"
    else:
        head = (
            f"{root}{{{light}}}@media (prefers-color-scheme:dark){{{root}{{{dark}}}}}"
            f"[data-jp-theme-light=true] {root}{{{light}}}[data-jp-theme-light=false] {root}{{{dark}}}"
        )
    classes = "".join(f"{root} .{css}{{color:var(--{css})}}" for css in used)
    return head + "".join(f"{root} {rule}" for rule in _RULES) + classes


def _tones(frame: Mapping[str, str], states: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in {**frame, **states}.items())


_RULES = (
    ".bg{fill:var(--bg)}",
    ".soft{fill:var(--soft)}",
    ".card{fill:var(--card);stroke:var(--line)}",
    ".rule{stroke:var(--line)}",
    ".hatch{stroke:var(--card)}",
    ".edge{stroke:var(--edge)}",
    ".head{fill:var(--edge)}",
    ".t{fill:var(--ink)}",
    ".m{fill:var(--mut)}",
)
