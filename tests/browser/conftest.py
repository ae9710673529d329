"""A real JupyterLab on this machine and a real browser that looks at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

DEADLINE = 60.0
EXTENSION = Path(__file__).parents[2] / "jupyter_flows" / "labextension"


@dataclass(frozen=True)
class LabServer:
    """A process that serves JupyterLab with both extensions."""

    url: str
    token: str
    folder: Path
    environment: dict[str, str]


class Lab:
    """A running JupyterLab and the folder that it serves."""

    def __init__(self, server: LabServer, browser: Browser) -> None:
        self.url, self.token, self.folder, self.browser = server.url, server.token, server.folder, browser
        self.environment = server.environment

    def notebook(self, name: str, *cells: str) -> Path:
        """Write a notebook with these code cells."""
        path = self.folder / f"{name}.ipynb"
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, path)
        return path

    def page(self, *, dark: bool = False) -> Page:
        """Make a page with nothing in it."""
        scheme = "dark" if dark else "light"
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(DEADLINE * 1000)
        return context.new_page()

    def start(self, page: Page) -> Page:
        """Load Lab, and wait until it is ready."""
        page.goto(f"{self.url}/lab?token={self.token}&reset")
        page.wait_for_function("window.jupyterapp?.restored", timeout=DEADLINE * 1000)
        page.evaluate("() => window.jupyterapp.restored")
        return page

    def open(self, path: Path, *, dark: bool = False) -> Notebook:
        """Open a notebook in a page of its own, ready to run."""
        page = self.page(dark=dark)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{self.url}/lab/tree/{path.name}?token={self.token}&reset")
        notebook = Notebook(page, requests)
        notebook.wait_until_ready()
        return notebook


class Notebook:
    """A notebook open in Lab."""

    def __init__(self, page: Page, requests: list[str]) -> None:
        self.page, self.requests = page, requests

    def wait_until_ready(self) -> None:
        """Wait until its kernel answers; the indicator in the toolbar says idle too early."""
        self.page.wait_for_function(
            "window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=DEADLINE * 1000
        )
        self.page.evaluate(
            """async () => {
                const panel = window.jupyterapp.shell.currentWidget;
                await panel.context.ready; await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
            }"""
        )

    def command(self, name: str) -> None:
        """Carry out one of Lab's commands without waiting for what it starts."""
        self.page.evaluate(f"() => {{ window.jupyterapp.commands.execute({json.dumps(name)}) }}")

    def run_next(self) -> None:
        """Run the current cell and go to the next; the first of a notebook just opened is current."""
        self.command("notebook:run-cell-and-select-next")

    def run_to_end(self, cell: int) -> None:
        """Run one cell and wait for its end."""
        self.page.evaluate(
            """async cell => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }""",
            cell,
        )

    def save(self) -> None:
        """Save, and wait until it is written."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    def wait_for_saved(self, cell: int, words: str) -> None:
        """Wait until what a save would keep of a cell's first output begins with these words."""
        self.page.wait_for_function(
            """([cell, words]) => {
                const { outputs } = window.jupyterapp.shell.currentWidget.content.widgets[cell].model;
                return String(outputs.get(0)?.data['text/plain'] ?? '').startsWith(words);
            }""",
            arg=[cell, words],
        )

    def graph(self) -> Any:
        """The live graph in the page."""
        return self.page.locator(".jf").first

    def close(self) -> None:
        """Close the page and end its kernel."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown?.()")
        self.page.context.close()


@pytest.fixture(scope="module")  # not longer: a running playwright leaves an event loop in the main thread
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")  # each test says that it needs it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """A JupyterLab with directories of its own, and with the extension as it was built last."""
    folder = tmp_path_factory.mktemp("lab")
    config, served = folder / "config", folder / "served"
    served.mkdir()
    (config / "labconfig").mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(quiet))
    (folder / "data" / "labextensions").mkdir(parents=True)
    (folder / "data" / "labextensions" / "jupyter-flows").symlink_to(EXTENSION, target_is_directory=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = os.urandom(8).hex()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "0",  # an extension that was installed would come before the one just built
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={served}"),
        "--LabApp.expose_app_in_browser=True",
        "--ServerApp.jpserver_extensions={'jupyterlab': True, 'jupyter_flows': True}",
    ]
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, folder / "lab.log")
        yield LabServer(f"http://127.0.0.1:{port}", token, served, environment)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def lab(browser: Browser, lab_server: LabServer) -> Lab:
    """JupyterLab, and a browser to look at it."""
    return Lab(lab_server, browser)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
