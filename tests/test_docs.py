"""The documentation is true: its code runs, its links lead somewhere, its generated pages are fresh."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
LANGUAGES = {"python", "text", "mermaid"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[tuple[str, str, int]]:
    """Give each fenced block as its language line, its code, and the line on which the code starts."""
    text = page.read_text(encoding="utf-8")
    return [(found[1].strip(), found[2], text[: found.start(2)].count("\n") + 1) for found in FENCE.finditer(text)]


def script_of(page: Path) -> str:
    """Join the python blocks of a page, each on its own lines, so that a traceback names the page's line."""
    lines: list[str] = []
    for language, code, start in blocks(page):
        if language == "python":
            lines += [""] * (start - 1 - len(lines)) + code.splitlines()
    return "\n".join(lines) + "\n"


def run(script: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "JUPYTER_DATA_DIR": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize("page", [*(page for page in PAGES if script_of(page).strip()), *EXAMPLES], ids=name_of)
def test_the_code_runs_and_prints_what_its_comments_say(page, tmp_path):
    text = script_of(page) if page.suffix == ".md" else page.read_text(encoding="utf-8")
    script = tmp_path / f"{page.stem.lower()}_page.py"
    script.write_text(text, encoding="utf-8")
    done = run(script, tmp_path)
    assert done.returncode == 0, f"{name_of(page)} (line numbers are the page's):\n{done.stderr}"
    printed = done.stdout.splitlines()
    for wanted in promised(text):
        assert wanted in printed, f"{name_of(page)} promises {wanted!r}, but prints {printed}"


def promised(script: str) -> list[str]:
    """The outputs that comments beside a top-level `print` promise; one that starts in prose is not a promise."""
    return [
        comment
        for comment in re.findall(r"^print\(.*\)  # (.+)$", script, re.MULTILINE)
        if not comment.startswith("names ")
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_block_of_code_says_its_language_and_none_is_skipped(page):
    wrong = [f"line {start - 1}: ```{language}" for language, _, start in blocks(page) if language not in LANGUAGES]
    assert not wrong, f"{name_of(page)}: use one of {sorted(LANGUAGES)}, and `text` for what cannot run: {wrong}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_relative_link_leads_to_a_file_and_a_heading(page):
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in (found[1] or found[2] for found in LINK.finditer(prose)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = unquote(target).partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{name_of(page)} links to {target}, which does not exist"
        assert linked.is_relative_to(ROOT), f"{name_of(page)} links to {target}, outside the project"
        if anchor and linked.suffix == ".md":
            assert anchor in headings(linked), f"{name_of(page)} links to {target}, a heading that does not exist"


def headings(page: Path) -> set[str]:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_the_states_page_is_drawn_from_the_table_as_it_is():
    spec = importlib.util.spec_from_file_location("draw_states", ROOT / "docs" / "draw_states.py")
    assert spec
    assert spec.loader
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)
    assert drawing.PAGE.read_text(encoding="utf-8") == drawing.page(), "docs/states.md is stale: run `make docs`"


def test_every_decision_is_listed_and_numbered_without_gaps():
    folder = ROOT / "docs" / "adr"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    listed = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in pages if f"]({name})" not in listed] == []
    for name in pages:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]} ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_the_readme_and_makefile_name_the_same_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))) <= targets | {
        "explains"
    }
    assert {"demo", "test", "test-all", "check", "lint", "types", "bench", "docs", "fmt", "clean"} <= targets
