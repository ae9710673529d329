"""The live graph as a person sees it, in a real JupyterLab."""

from __future__ import annotations

import json

import pytest

from tests.browser.accessibility import DARK, LIGHT, turn, violations

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]

SETUP = """\
%load_ext jupyter_flows
import threading, time
from jupyter_flows import flow, task
"""

DAILY = """\
@task
def extract():
    time.sleep(1)
    return [1, 2, 3]

@task
def score(x):
    time.sleep(2)
    return x

@flow
def daily():
    return sum(f.result() for f in score.map(extract()))

daily.graph()
"""


@pytest.fixture
def opened(lab):
    """Open a notebook of these cells with the first one run, and close it after the test."""
    made = []

    def open_with(name, *cells):
        notebook = lab.open(lab.notebook(name, *cells))
        made.append(notebook)
        notebook.run_next()
        notebook.graph().wait_for()
        return notebook

    yield open_with
    for notebook in made:
        notebook.close()


def saved(lab, name, cell=0):
    outputs = json.loads((lab.folder / f"{name}.ipynb").read_text())["cells"][cell]["outputs"]
    return [{mime: "".join(text) for mime, text in output["data"].items()} for output in outputs]


def test_states_change_while_the_cell_runs_and_the_saved_notebook_needs_nothing(lab, opened):
    notebook = opened("states", SETUP + DAILY, "daily()")
    page = notebook.page
    notebook.run_next()
    page.locator(".jf-n.s-running").first.wait_for()
    page.locator(".jf-head .s-completed", has_text="Completed").wait_for()
    assert page.locator(".jf-n[data-state=Completed]").count() == 2
    notebook.wait_for_saved(0, "daily: Completed")
    notebook.save()
    (bundle,) = saved(lab, "states")
    assert bundle["text/plain"] == "daily: Completed\n  extract: Completed\n  score: 3 Completed"
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    assert {url.split("/")[2] for url in notebook.requests if url.startswith("http")} == {lab.url.split("/")[2]}
    still = page.context.new_page()
    still.set_content(bundle["text/html"])
    for scheme in ("dark", "light"):
        still.emulate_media(color_scheme=scheme)
        assert violations(still, ".jupyter-flows-graph") == []


LONG = """\
@task
def wait():
    for _ in range(600):
        time.sleep(0.1)

@flow(name="long")
def long():
    wait()

long.graph()
"""


def test_a_run_is_cancelled_while_its_cell_runs(opened):
    notebook = opened("cancelled", SETUP + LONG, "long(return_state=True).name")
    page = notebook.page
    notebook.run_next()
    page.locator(".jf-n.s-running").click()
    details = page.locator(".jf-panel")
    details.locator(".jf-pill", has_text="Running").wait_for()
    notebook.graph().get_by_role("button", name="Cancel").click()
    page.locator(".jf-head .s-cancelled").wait_for()
    details.locator(".jf-pill", has_text="Cancelled").wait_for()  # they follow what happens, too


def test_a_page_loaded_again_in_mid_run_shows_the_run_go_on(opened):
    later = "threading.Thread(target=lambda: long(return_state=True), daemon=True).start(); time.sleep(1.5)"
    notebook = opened("reloaded", SETUP + LONG, later)
    page = notebook.page
    notebook.run_next()
    page.locator(".jf-n.s-running").wait_for()
    notebook.save()
    page.reload()
    notebook.wait_until_ready()
    page.locator(".jf-n.s-running").wait_for()
    notebook.graph().get_by_role("button", name="Cancel").click()
    page.locator(".jf-head .s-cancelled").wait_for()


def test_after_a_restart_in_mid_run_the_picture_is_there_with_its_last_states(lab, opened):
    later = "threading.Thread(target=long, daemon=True).start(); time.sleep(1.5)"
    notebook = opened("restarted", SETUP + LONG, later)
    page = notebook.page
    notebook.run_next()
    page.locator(".jf-n.s-running").wait_for()
    saved_picture = page.locator(".jf-mounted > div:not(.jf) img[src*=wait]")
    saved_picture.first.wait_for(state="attached")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    assert page.locator(".jf-n.s-running").count() == 1
    notebook.save()
    page.reload()
    notebook.wait_until_ready()
    page.locator(".jupyter-flows-graph img").first.wait_for()
    assert "wait: Running" in saved(lab, "restarted")[0]["text/plain"]
    assert page.locator(".jf").count() == 0


FAILING = """\
from jupyter_flows import get_run_logger
ready = False

@task
def load(day):
    get_run_logger().info("looking for %s", day)
    if not ready:
        raise KeyError(day)
    return day

@task
def tell(what):
    return what

@flow
def report(day="2013-01-15"):
    return tell(load(day))

report.graph()
"""


def test_all_by_keyboard_from_the_failure_to_its_cause_and_the_retry(opened):
    notebook = opened("keys", SETUP + FAILING, "report(return_state=True).name", "ready = True")
    page = notebook.page
    notebook.run_to_end(1)
    page.locator(".jf-cause", has_text="KeyError").wait_for()
    stage = page.locator(".jf-stage")
    stage.focus()
    keys = page.keyboard
    keys.press("f")
    assert page.locator(".jf-here").get_attribute("aria-label").startswith("load, Failed")
    assert stage.get_attribute("aria-activedescendant") == page.locator(".jf-here").get_attribute("id")
    keys.press("Enter")
    panel = page.locator(".jf-panel")
    panel.get_by_text("Why it failed").wait_for()
    assert "2013-01-15" in panel.inner_text()
    assert "raise KeyError(day)" in panel.inner_text()
    assert "looking for 2013-01-15" in panel.inner_text()
    for theme in (DARK, LIGHT):
        turn(page, theme)
        assert violations(page, ".jf") == []
    keys.press("o")  # to the line that failed
    line = "document.getSelection().anchorNode?.parentElement?.closest('.cm-line')?.textContent.trim()"
    page.wait_for_function(f"{line} === 'raise KeyError(day)'")
    stage.focus()
    keys.press("l")
    assert page.evaluate("document.activeElement.className") == "jf-log"
    keys.press("Escape")
    assert panel.count() == 0
    keys.press("t")
    page.locator(".jf-time").wait_for()
    keys.press("v")
    page.locator(".jf-table", has_text="load").wait_for()
    assert violations(page, ".jf") == []
    keys.press("g")
    keys.press("/")
    keys.type("state:fail")
    keys.press("Enter")
    assert page.locator(".jf-n:not(.jf-dim)").count() == 1
    keys.press("Escape")
    stage.focus()
    keys.press("i")  # a cell that loads the inputs, and fails as the task did
    page.locator(".jf-note", has_text="new cell below").wait_for()
    notebook.run_to_end(1)
    tried = page.locator(".jp-Notebook .jp-Cell").nth(1)
    tried.get_by_text("day: '2013-01-15'").wait_for()
    tried.locator(".jp-OutputArea-output", has_text="KeyError").first.wait_for()
    notebook.run_to_end(3)
    stage.focus()
    keys.press("r")
    page.locator(".jf-head .s-completed", has_text="Completed").wait_for()
    page.locator(".jf-hit").first.wait_for(state="attached")
    stage.scroll_into_view_if_needed()
    edge = page.locator(".jf-hit").first.bounding_box()
    page.mouse.move(edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2)
    page.locator(".jf-tip", has_text="what: '2013-01-15'").wait_for()  # by the name of the parameter


HOSTILE = """\
MARK = "<img src=x onerror='document.title=`planted`'><script>document.title='planted'</script>"
NAMES = [MARK, "</svg></title>" + MARK, "\\u202e\\x1b[31m" + MARK, "x" * 10_000 + MARK, "javascript:" + MARK]

@task
def bad(name):
    get_run_logger().info(name)
    raise ValueError(name)

@flow(name=MARK)
def hostile(day=MARK):
    for name in NAMES:
        bad.with_options(name=name).submit(name).wait()
    return bad(MARK)

hostile(return_state=True)
hostile.graph()
"""


def test_names_and_errors_full_of_markup_are_shown_as_text(opened):
    notebook = opened("hostile", SETUP + "from jupyter_flows import get_run_logger\n" + HOSTILE)
    page = notebook.page
    page.locator(".jf-stage").focus()
    for key, shown in (
        ("f", ".jf-here"),
        ("Enter", ".jf-panel"),
        ("t", ".jf-time svg"),
        ("v", ".jf-time .jf-table"),
        ("g", ".jf-stage"),
    ):
        page.keyboard.press(key)
        page.locator(shown).wait_for()
    assert "onerror" in page.locator(".jf-panel").inner_text()
    assert page.locator(".jf img, .jupyter-flows-graph script, .jupyter-flows-graph img[onerror]").count() == 0
    assert "planted" not in page.title()


CELLS = ["%%task\nraw = [3, 1, 2]", "%%task\nclean = sorted(raw)", "%flow graph", "%%task\nbest = clean[-1]"]


def test_the_graph_of_a_notebooks_cells_grows_with_them(lab):
    notebook = lab.open(lab.notebook("cells", "%load_ext jupyter_flows", *CELLS))
    for cell in range(4):
        notebook.run_to_end(cell)
    boxes = notebook.page.locator(".jf-n.s-completed")
    boxes.nth(1).wait_for()
    notebook.run_to_end(4)
    boxes.nth(2).wait_for()
    assert "best" in (boxes.nth(2).text_content() or "")
    boxes.nth(2).click()  # each cell is a run of its own
    notebook.page.locator(".jf-panel h4", has_text="States").wait_for()
    notebook.close()


NESTED = """\
@task
def count(n):
    return n

@flow
def inner():
    return count(1)

@flow
def outer():
    for future in count.map(range(60)):
        future.wait()
    return inner()

outer()
outer.graph()
"""


def test_boxes_are_unfolded_and_folded_again_by_click_and_by_key(lab, opened):
    notebook = opened("nested", SETUP + NESTED)
    page, stage = notebook.page, notebook.page.locator(".jf-stage")
    boxes = page.locator(".jf-n")
    page.locator(".jf-switch").first.click()
    page.locator(".jf-n", has_text="13 more").wait_for()
    assert boxes.count() == 2 + 48
    stage.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".jf-here").get_attribute("aria-label").startswith("count[0], Completed")
    page.keyboard.press("u")  # from inside: the frame
    boxes.nth(2).wait_for(state="detached")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("u")
    page.locator(".jf-frame").wait_for(state="attached")
    assert boxes.count() == 3
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".jf-panel b", has_text="count").wait_for()
    notebook.save()
    assert saved(lab, "nested")[0]["text/plain"].splitlines()[1:] == [
        "  count: 60 Completed",
        "  inner: 1 Completed",
    ]
