"""The colours of a drawing, light and dark, and the rules that switch between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from jupyter_flows.graph.palette import LOOKS, Look

Theme = Literal["auto", "light", "dark"]

FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif"

# Ground, card, its line, edges, ink, quieter ink (7:1), the strip of the footer.
LIGHT: Mapping[str, str] = {
    "bg": "#fff",
    "card": "#fff",
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


def style(name: str, drawn: str, theme: Theme, *, alone: bool = False) -> str:
    """Give the style sheet of one drawing, all of it under the drawing's own id.

    Parameters
    ----------
    name
        Id of the root element.
    drawn
        The drawing: only the rules for classes that it uses are given.
    theme
        ``auto`` follows the reader's system, and JupyterLab's theme where the drawing is part of its page.
    alone
        Whether it never is.
    """
    looks = [look for look in LOOKS if f'class="{look.css}"' in drawn]
    rules = [rule for css, rule in _RULES.items() if f'class="{css}"' in drawn]
    tones = [tone for tone in LIGHT if any(f"--{tone})" in rule for rule in rules)]
    light = _tones(LIGHT, tones, {look.css: look.light for look in looks})
    dark = _tones(DARK, tones, {look.css: look.dark for look in looks})
    root = f"#{name}"
    if theme != "auto":
        head = f"{root}{{{dark if theme == 'dark' else light}}}"
    else:
        head = f"{root}{{{light}}}@media (prefers-color-scheme:dark){{{root}{{{dark}}}}}"
        if not alone:
            head += f"[data-jp-theme-light=true] {root}{{{light}}}[data-jp-theme-light=false] {root}{{{dark}}}"
    colours = [f".{look.css}{{color:var(--{look.css})}}" for look in looks]
    return head + "".join(f"{root} {rule}" for rule in [*rules, *colours])


def _tones(frame: Mapping[str, str], names: Sequence[str], states: Mapping[str, str]) -> str:
    kept = {name: frame[name] for name in names}
    return ";".join(f"--{name}:{colour}" for name, colour in {**kept, **states}.items())


_RULES = {
    "bg": ".bg{fill:var(--bg)}",
    "soft": ".soft{fill:var(--soft)}",
    "card": ".card{fill:var(--card);stroke:var(--line)}",
    "rule": ".rule{stroke:var(--line)}",
    "hatch": ".hatch{stroke:var(--card)}",
    "edge": ".edge{stroke:var(--edge)}",
    "head": ".head{fill:var(--edge)}",
    "usual": ".usual{stroke:var(--ink)}",
    "t": ".t{fill:var(--ink)}",
    "m": ".m{fill:var(--mut)}",
}
