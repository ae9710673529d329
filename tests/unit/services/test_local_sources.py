"""The files beside a source that it imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_flows.services import local_sources as services
from jupyter_flows.services.local_sources import MOST_FILES, local_sources

TREE = {
    "alone.py": "",
    "first.py": "import second",
    "second.py": "import first, json",
    "pkg/__init__.py": "from . import inner",
    "pkg/inner.py": "from .deep.leaf import x\nfrom .. import alone",
    "pkg/other.py": "",
    "pkg/deep/__init__.py": "",
    "pkg/deep/leaf.py": "from ..other import y",
    "broken.py": "def (",
    "folder/plain.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


PKG = {"pkg/__init__.py", "pkg/inner.py", "pkg/deep/__init__.py", "pkg/deep/leaf.py", "pkg/other.py"}


@pytest.mark.parametrize(
    ("text", "module", "found"),
    [
        ("import json", "", set()),
        ("import alone", "", {"alone.py"}),
        ("def f():\n    from first import x", "", {"first.py", "second.py"}),
        ("import pkg", "", PKG),
        ("import pkg.deep", "", PKG),
        ("from pkg import inner", "", PKG),
        ("from . import other", "pkg.inner", PKG),
        ("from .nothing import x", "pkg.inner", PKG),
        ("import folder.plain", "", {"folder/plain.py"}),
        ("import broken", "", {"broken.py"}),
        ("%%bash\nls", "", set()),
        ("from ....far import x", "pkg.inner", set()),
        ("\x00", "", set()),
    ],
)
def test_what_is_imported_below_the_root_is_found(root: Path, text: str, module: str, found: set[str]):
    assert {str(path.relative_to(root)) for path in local_sources([text], module, root)} == found


def test_of_installed_packages_only_the_own_one_counts(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "_installed", lambda: frozenset({root}))
    found = local_sources(["import alone, pkg.other"], "pkg.inner", root)
    assert {str(path.relative_to(root)) for path in found} == PKG


def test_no_more_than_so_many_files_are_taken(tmp_path: Path):
    for number in range(MOST_FILES + 5):
        (tmp_path / f"m{number}.py").write_text(f"import m{number + 1}")
    assert len(local_sources(["import m0"], "", tmp_path)) == MOST_FILES
