"""What axe says of the parts of a page that are ours, in both themes."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.conftest import missing

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"

DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"
# Whatever WCAG 2.2 asks for at its levels A and AA, as far as a program can tell. The body of Lab's page has no height,
# and axe takes what is in such a one for hidden. The name of a box and of a run says its state between the words that
# are seen, which axe takes for others.
_ASK = """async within => {
    document.documentElement.style.height = document.body.style.height = '100%';
    const runOnly = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
    const rules = { 'label-content-name-mismatch': { enabled: false } };
    const { violations } = await axe.run({ include: [[within]] }, { runOnly, rules, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) => {
        const why = [...any, ...all, ...none].map(one => one.message).join(' ');
        return `${id}: ${html.slice(0, 160)}: ${why.slice(0, 240)}`;
    }));
}"""


def violations(page: Page, within: str) -> list[str]:
    """Tell what is wrong inside elements, as the page shows them now; an element of these must be there."""
    if not AXE.is_file():
        missing("axe-core is not installed: make widget")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    return page.evaluate(_ASK, within)


def turn(page: Page, theme: str) -> None:
    """Choose a theme, and wait until it is there."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


__all__ = ["DARK", "LIGHT", "turn", "violations"]
