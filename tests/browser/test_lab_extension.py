"""The extension of JupyterLab as a person uses it: panel, run page, form, by mouse and by keyboard."""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import DARK, LIGHT, turn, violations
from tests.browser.conftest import DEADLINE, EXTENSION

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(not (EXTENSION / "package.json").is_file(), reason="the extension is not built: make widget"),
]


@pytest.fixture(scope="module")
def page(lab):
    """One page of Lab for all tests here."""
    page = lab.start(lab.page())
    expect.set_options(timeout=DEADLINE * 1000)
    yield page
    page.context.close()


@pytest.fixture(autouse=True)
def tidy(page):
    """Close what a test has opened."""
    yield
    page.evaluate(
        """async () => {
            const app = window.jupyterapp;
            for (const widget of [...app.shell.widgets('main')]) {
                await widget.sessionContext?.shutdown?.();
                widget.dispose();
            }
        }"""
    )


def write(lab, name, *cells, parameters=None):
    """Write a notebook, the first cell of which may be one of parameters."""
    path = lab.notebook(name, *([parameters] if parameters else []), *cells)
    if parameters:
        made = nbformat.read(path, as_version=4)
        made.cells[0].metadata["tags"] = ["parameters"]
        nbformat.write(made, path)
    return path


def context_menu(page, name, item):
    """Choose something for a file in the file browser."""
    page.evaluate(
        """async () => {
            await window.jupyterapp.commands.execute('filebrowser:activate');
            await window.jupyterapp.commands.execute('filebrowser:refresh');
        }"""
    )
    page.locator(f".jp-DirListing-item[title*='{name}.ipynb']").click(button="right")
    page.get_by_role("menuitem", name=item).click()


def panel(page, tab="Runs"):
    """Show the panel at one of its tabs."""
    page.evaluate("tab => window.jupyterapp.commands.execute('jupyter-flows:open-panel', { tab })", tab.lower())
    shown = page.locator("#jupyter-flows-panel")
    shown.get_by_role("tab", name=tab, selected=True).wait_for()
    return shown


def run_now(page, name):
    """Run a notebook by its context menu and the form, and return the page of its run."""
    context_menu(page, name, "Run as Flow…")
    page.get_by_role("button", name="Run", exact=True).click()
    shown = page.locator(".jfl-run-page:visible")
    shown.wait_for()
    return shown


def state(shown, name):
    """Wait until the page of a run shows this state."""
    expect(shown.locator(".jfl-pill")).to_have_text(name)


def test_the_empty_panel_makes_and_runs_an_example_in_two_clicks(page):
    page.get_by_role("tab", name="Flows: runs and schedules").click()
    page.get_by_role("button", name="Make and run an example").click()
    page.locator(".jf-head .s-completed", has_text="Completed").wait_for()
    expect(panel(page).locator(".jfl-run[data-state=completed]")).to_contain_text("example #1")


FAILING = """\
%%task score
import pathlib
total = sum(kept) / (1 if pathlib.Path('mended').exists() else 0)"""


def test_why_a_run_failed_shows_after_one_click_and_a_retry_keeps_what_is_finished(lab, page):
    first = "%%task extract\nkept = list(range(int(limit)))\nprint('read', len(kept), 'of', day)"
    parameters = "day: str = '2013-01-15'\nlimit: int = 8"
    write(lab, "sales", "%load_ext jupyter_flows", first, FAILING, parameters=parameters)
    context_menu(page, "sales", "Run as Flow…")
    limit = page.get_by_label("limit int")
    limit.fill("many")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("[data-parameter=limit] .jfl-wrong")).to_have_text("not a number")
    limit.fill("6")
    page.get_by_role("button", name="Run", exact=True).click()
    state(page.locator(".jfl-run-page"), "Failed")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.close()")

    row = panel(page).locator(".jfl-run[data-state=failed]", has_text="sales")
    row.locator(".jfl-run-main").click()  # the one click
    shown = page.locator(".jfl-run-page:visible")
    cause = shown.locator(".jfl-cause")
    expect(cause).to_contain_text("ZeroDivisionError")
    expect(cause.locator("code")).to_have_text("total = sum(kept) / (1 if pathlib.Path('mended').exists() else 0)")
    assert cause.bounding_box()["y"] < 400  # in the first view
    expect(shown.locator(".jfl-log")).to_contain_text("read 6 of 2013-01-15")
    shown.get_by_role("searchbox", name="Search the log").fill("no such words")
    expect(shown.get_by_text("No line has these words.")).to_be_visible()
    shown.get_by_role("tab", name="Last runs").click()
    shown.locator(".jfl-tile.s-failed").first.wait_for()
    shown.get_by_role("tab", name="Timeline").click()
    shown.locator(".jf-time svg").wait_for()
    shown.get_by_role("tab", name="Artifacts").click()
    shown.get_by_text("output.ipynb").or_(shown.locator(".jfl-files li").first).first.wait_for()

    (lab.folder / "mended").touch()
    shown.get_by_role("button", name="Retry", exact=True).first.click()
    state(shown, "Completed")
    expect(shown.locator(".jfl-facts")).to_contain_text("attempt 2")
    shown.get_by_role("button", name="Output notebook").click()
    page.locator(".jp-NotebookPanel:visible", has_text="read 6 of").wait_for()


def test_a_run_is_cancelled_from_its_page(lab, page):
    write(lab, "slow", "%load_ext jupyter_flows", "%%task wait\nimport time\nprint('waits')\ntime.sleep(600)")
    shown = run_now(page, "slow")
    shown.locator(".jfl-log", has_text="waits").wait_for()  # followed while it goes on
    page.set_viewport_size({"width": 620, "height": 900})
    message = shown.locator(".jfl-log-line > span:last-child").first.bounding_box()
    assert message["width"] > 120  # of a narrow page it has the whole width
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(shown.locator(".jf-n", has_text="wait")).to_contain_text(re.compile(r"[1-9]\d* s"))  # it grows
    page.locator(".jfl-status").get_by_text("1").wait_for()
    shown.get_by_role("button", name="Cancel", exact=True).first.click()
    state(shown, "Cancelled")


SPEAKING = """\
%%task speak
import pathlib, time
print('begins')
while not pathlib.Path('spoken').exists():
    time.sleep(0.05)
print('last words')"""


def test_an_open_page_shows_the_end_of_a_run_though_answers_come_late_or_never(lab, page):
    write(lab, "speaking", "%load_ext jupyter_flows", SPEAKING)
    late, detail, followed = [], re.compile(r"/runs/[0-9a-f]{12}(\?|$)"), re.compile(r"/logs\?.*after=")
    page.route(detail, lambda route: late.append((route, route.fetch())), times=1)
    shown = run_now(page, "speaking")
    shown.locator(".jfl-log", has_text="begins").wait_for()
    page.route(followed, lambda route: route.abort())
    (lab.folder / "spoken").touch()
    state(shown, "Completed")
    ((route, answer),) = late
    assert answer.json()["run"]["state"]["name"] != "Completed"
    route.fulfill(response=answer)
    page.unroute(followed)
    shown.locator(".jfl-log", has_text="last words").wait_for()
    shown.get_by_role("tab", name="Last runs").click()
    shown.locator(".jfl-grid-bar").wait_for()
    state(shown, "Completed")
    asked = {"headers": {"Authorization": f"token {lab.token}"}, "data": {"path": "speaking.ipynb", "parameters": {}}}
    page.request.post(f"{lab.url}/jupyter-flows/api/runs", **asked)  # another run of the flow shows there as it comes
    expect(shown.locator(".jfl-grid-bar .s-completed")).to_have_count(2)


def test_a_notebook_is_scheduled_from_its_context_menu_and_runs_by_itself(lab, page):
    write(lab, "tick", "print('tick of', day)", parameters="day: str = ''")
    context_menu(page, "tick", "Schedule…")
    form = page.locator(".jfl-form")
    expect(form.locator(".jfl-next tr")).to_have_count(10)
    form.get_by_role("radio", name="Cron").check()
    form.get_by_role("textbox", name="Cron").fill("61 * * * *")
    expect(form.locator(".jfl-preview .jfl-wrong")).to_be_visible()
    form.get_by_role("radio", name="Every…").check()
    form.get_by_role("textbox", name="Every").fill("2s")
    form.get_by_label("day str").fill("{tick:%Y-%m-%d}")
    expect(form.locator("[data-parameter=day] .jfl-filled")).to_contain_text("→ 20")
    form.get_by_role("button", name="Schedule").click()
    schedules = page.locator("#jupyter-flows-panel")
    row = schedules.locator(".jfl-schedule", has_text="tick")
    expect(row).to_contain_text("every 2 seconds")
    schedules.get_by_role("tab", name="Runs").click()
    schedules.locator(".jfl-run[data-state=completed]", has_text="tick").first.wait_for()
    schedules.get_by_role("tab", name="Schedules").click()
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Every").fill("1d")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("every day")
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Really delete").click()
    expect(row).to_have_count(0)


def test_past_times_of_a_schedule_are_previewed_run_followed_and_cancelled_as_a_whole(lab, page):
    write(lab, "past", "import time\ntime.sleep(600)", parameters="day: str = ''\nlimit: int = 8")
    schedule = {"cron": ["0 9 * * *"], "timezone": "Europe/Rome"}
    form = {"path": "past.ipynb", "parameters": {"day": "{tick:%Y-%m-%d}"}, "schedule": schedule}
    asked = {"headers": {"Authorization": f"token {lab.token}"}, "data": form}
    made = page.request.post(f"{lab.url}/jupyter-flows/api/deployments", **asked).json()["deployment"]["id"]
    row = panel(page, "Schedules").locator(".jfl-schedule", has_text="past")
    row.get_by_role("button", name="Backfill…: past").click()
    shown = page.locator(".jfl-form:visible")
    shown.get_by_label("From").fill("2026-01-04T00:00")
    shown.get_by_label("To", exact=True).fill("2026-01-01T00:00")
    expect(shown.locator(".jfl-preview .jfl-wrong")).to_contain_text("it must be later than")
    shown.get_by_label("From").fill("2026-01-01T00:00")
    shown.get_by_label("To", exact=True).fill("2026-01-04T00:00")
    expect(shown.locator(".jfl-next tr")).to_have_count(3)
    expect(shown.locator(".jfl-next")).to_contain_text("day=2026-01-02")
    expect(shown.get_by_label("day str")).to_have_attribute("placeholder", "{tick:%Y-%m-%d}")
    limit = shown.locator("[data-parameter=limit]")
    limit.locator("input").fill("many")
    expect(limit.locator(".jfl-wrong")).to_have_text("not a number")
    expect(shown.get_by_role("button", name="Run all 3")).to_be_disabled()
    limit.locator("input").fill("5")
    expect(shown.locator(".jfl-next")).to_contain_text("day=2026-01-02, limit=5")
    assert violations(page, ".jfl-form") == []
    shown.get_by_role("button", name="Run all 3").click()
    expect(shown).to_contain_text("0 of 3 ended")
    expect(row.locator(".jfl-backfill")).to_contain_text("0 of 3 ended")
    assert violations(page, ".jfl") == []
    row.get_by_role("button", name="Cancel the backfill of past").click()
    expect(shown).to_contain_text("3 of 3 ended · 3 Cancelled")
    expect(row.locator(".jfl-backfill")).to_have_count(0)
    page.request.delete(f"{lab.url}/jupyter-flows/api/deployments/{made}", headers=asked["headers"])


def test_all_by_keyboard_from_the_list_to_the_run_and_to_another_one(lab, page):
    write(lab, "keys", "%load_ext jupyter_flows", "%%task wait\nimport time\ntime.sleep(600)")
    begun = run_now(page, "keys")
    begun.get_by_role("button", name="Cancel", exact=True).first.click()
    state(begun, "Cancelled")
    shown = panel(page)
    keys = page.keyboard
    shown.get_by_label("Filter runs").focus()
    keys.type("state:cancelled keys")
    expect(shown.locator(".jfl-run")).to_have_count(1)
    keys.press("Tab")  # into the list
    expect(shown.locator(".jfl-run-main")).to_be_focused()
    keys.press("/")
    expect(shown.get_by_label("Filter runs")).to_be_focused()
    keys.press("Control+a")
    keys.press("Delete")
    expect(shown.get_by_label("Filter runs")).to_have_value("")
    keys.press("Tab")
    keys.press("End")
    keys.press("ArrowUp")
    keys.press("Home")
    keys.press("g")
    expect(shown.locator(".jfl-group").first).to_be_visible()
    keys.press("g")
    shown.locator(".jfl-run-main", has_text="keys").focus()
    keys.press("Enter")
    run = page.locator(".jfl-run-page:visible")
    state(run, "Cancelled")
    run.get_by_role("tab", name="Log").focus()
    keys.press("ArrowRight")
    expect(run.get_by_role("tab", name="Cells")).to_be_focused()
    run.locator(".jfl-table", has_text="wait").wait_for()
    run.get_by_role("button", name="Run again").focus()
    keys.press("Enter")
    again = page.locator(".jfl-run-page:visible")
    expect(again.locator("h1")).to_have_text("keys #2")
    again.get_by_role("button", name="Cancel", exact=True).first.focus()
    keys.press("Enter")
    state(again, "Cancelled")
    again.get_by_role("tab", name="Last runs").click()
    again.get_by_role("button", name="Compare two").click()
    again.get_by_role("button", name="keys #1").first.focus()
    keys.press("Enter")
    compared = again.get_by_role("table", name="keys #1 beside keys #2")
    expect(compared.get_by_role("row", name="the run")).to_contain_text("Cancelled")
    assert violations(page, ".jfl-grid-scroll") == []
    again.get_by_role("button", name="keys #1").first.click()
    expect(compared).to_have_count(0)


HOSTILE = """\
from jupyter_flows import artifact, flow, get_run_logger, task

MARK = "<img src=x onerror='document.title=`planted`'><script>document.title='planted'</script>"
PAGE = MARK + "<script>fetch('/jupyter-flows/api/runs').then(() => parent.document.title = 'planted')</script>"

@task(name="</svg></title>" + MARK)
def bad(name):
    get_run_logger().error("\\u202e\\x1b[31m" + MARK)
    artifact(markdown=PAGE, key="page")
    raise ValueError(MARK + "x" * 5000)

@flow(name="hostile " + MARK)
def hostile(day=MARK):
    return bad(MARK)

hostile(return_state=True)
"""


def test_names_errors_logs_and_artifacts_full_of_markup_are_shown_as_text(lab, page, tmp_path):
    script = tmp_path / "hostile.py"
    script.write_text(HOSTILE)
    subprocess.run([sys.executable, script], env=lab.environment, cwd=tmp_path, capture_output=True)
    row = panel(page).locator(".jfl-run", has_text="hostile <img")
    row.locator(".jfl-run-main").click()
    shown = page.locator(".jfl-run-page:visible")
    expect(shown.locator(".jfl-cause")).to_contain_text("<script>")
    for tab in ("Tasks", "Last runs", "Artifacts", "Why", "Log", "Timeline", "Table"):
        shown.get_by_role("tab", name=tab).click()
        expect(shown.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    expect(shown.locator(".jfl-log")).to_contain_text("onerror")
    shown.get_by_role("tab", name="Artifacts").click()
    shown.locator(".jfl-artifact").first.wait_for()
    assert page.locator(".jfl img, .jfl script, .jfl iframe:not([sandbox=''])").count() == 0
    assert "planted" not in page.title()


# What the one who looks for faults must see.
FAULTS = """() => document.querySelector('.jfl-run-page').insertAdjacentHTML(
    'afterbegin', '<button></button><input><p style="color:#ccc;background:#fff">hardly there</p>')"""


def test_every_control_has_a_name_and_every_text_can_be_read_in_both_themes(lab, page):
    write(lab, "named", "%load_ext jupyter_flows", FAILING, parameters="day: str = ''\nstrict: bool = False")
    panel(page)
    shown = run_now(page, "named")
    state(shown, "Failed")
    context_menu(page, "named", "Schedule…")
    form = page.locator(".jfl-form")
    form.locator(".jfl-next").wait_for()
    for theme in (DARK, LIGHT):  # what is left on is what the other tests expect
        turn(page, theme)
        page.get_by_role("tab", name="Schedule named.ipynb").click()
        assert violations(page, ".jfl-form") == []
        panel(page, "Schedules")
        page.get_by_role("tab", name="named #1").click()
        for tab in ("Timeline", "Graph", "Cells", "Last runs", "Artifacts", "Why", "Log"):
            shown.get_by_role("tab", name=tab).click()
            assert violations(page, ".jfl-run-page") == []
        shown.locator(".jf-n").first.click()
        shown.locator(".jf-panel").wait_for()
        assert violations(page, ".jfl") == []
        panel(page)
        assert violations(page, "#jupyter-flows-panel") == []
    page.evaluate(FAULTS)
    assert {one.partition(":")[0] for one in violations(page, ".jfl")} > {"button-name", "color-contrast"}


def test_task_cells_carry_the_state_of_their_last_run(lab, page):
    path = write(lab, "badges", "%load_ext jupyter_flows", "%%task good\nx = 1", "%%task bad\ny = x / 0", "z = 3")
    page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', { path })", path.name)
    page.locator(".jfl-badge[data-state=pending]").nth(1).wait_for()
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready; await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
            await window.jupyterapp.commands.execute('notebook:run-all-cells').catch(() => undefined);
        }"""
    )
    expect(page.locator(".jfl-badge[data-state=completed]")).to_have_attribute("aria-label", "Task good: completed")
    expect(page.locator(".jfl-badge[data-state=failed]")).to_have_attribute("aria-label", "Task bad: failed")
    assert page.locator(".jfl-badge").count() == 2
    prompt = page.locator(".jp-InputPrompt", has=page.locator(".jfl-badge[data-state=failed]"))
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.executionCount = 123")
    expect(prompt).to_have_text("[123]:")
    assert prompt.evaluate("node => node.scrollWidth <= node.clientWidth")  # else the badge gives way to dots


def test_a_server_without_the_extension_is_told_of_and_nothing_waits_for_ever(lab):
    page = lab.page()
    page.route("**/jupyter-flows/api/**", lambda route: route.fulfill(status=404, body="<h1>not found</h1>"))
    lab.start(page)
    shown = panel(page)
    expect(shown.get_by_role("alert")).to_contain_text("This server has no Jupyter Flows")
    shown.get_by_role("tab", name="Schedules").click()
    expect(shown.get_by_role("alert").locator("visible=true")).to_contain_text("This server has no Jupyter Flows")
    assert shown.get_by_text("Reading the").count() == 0
    page.context.close()
