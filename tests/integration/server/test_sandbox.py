"""What a logged-in browser does with a file of a run that tries to use the user's cookies: nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jupyter_flows.server.routes import ROOT

EVIL = """<html><body><p id=seen>here</p><img src=x onerror="parent.__x = 1"><script>
window.__x = 1;
fetch('/jupyter-flows/api/deployments', {method: 'POST', body: '{}'});
fetch('/api/contents', {credentials: 'include'});
</script><form id=f method=post action=/jupyter-flows/api/runs></form><script>f.submit()</script></body></html>"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" onload="fetch('/api/contents')">
<script>fetch('/api/contents')</script></svg>"""


@pytest.mark.needs("chromium")
def test_a_page_and_a_drawing_that_call_the_api_reach_nothing(server):
    from playwright.sync_api import sync_playwright

    path = server.write_notebook("evil.ipynb", "n: int = 1", "n")
    run = server.ask("POST", "/runs", {"path": path}).json["run"]["id"]
    folder = Path(server.until_ended(run)["directory"])
    (folder / "evil.html").write_text(EVIL)
    (folder / "graph.svg").write_text(SVG)
    cookies, _ = server.cookies()
    base = f"http://127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True)
        context = browser.new_context()
        pairs = (one.partition("=") for one in cookies.split("; "))
        context.add_cookies([{"name": name, "value": value, "url": base} for name, _, value in pairs])
        page, asked = context.new_page(), list[str]()
        page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(base)}"))
        for name in ("page", "graph"):
            answer = page.goto(f"{base}{ROOT}/runs/{run}/files/{name}")
            assert answer is not None
            assert answer.status == 200
            page.wait_for_load_state("networkidle")
        browser.close()
    files = {f"GET {ROOT}/runs/{run}/files/{name}" for name in ("page", "graph", "x")}
    assert {one for one in asked if "favicon" not in one} <= files
