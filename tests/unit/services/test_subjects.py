"""What can be deployed: its files, and what it says of parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.errors import TargetError
from jupyter_flows.services.subjects import Subject, flow_subject, notebook_subject, source_files

SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def subject(entry: str) -> Subject:
    return flow_subject("f", entry, Path("/w"), lambda given: {})


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_module_is_kept_with_its_packages_and_what_it_imports(tmp_path: Path):
    write(tmp_path, dict.fromkeys(["app/rates.py", "app/flows/__init__.py"], ""))
    write(tmp_path, {"app/__init__.py": "x = 1", "app/flows/main.py": "from .. import rates", "app/other.py": ""})
    found = source_files(f"app.flows.main@{tmp_path}/app/flows/main.py")
    assert sorted(found) == ["app/__init__.py", "app/flows/__init__.py", "app/flows/main.py", "app/rates.py"]
    assert found["app/__init__.py"] == b"x = 1"


@pytest.mark.parametrize("module", ["etl", "__main__", "etl_file"])
def test_a_file_is_one_source_however_it_was_run(tmp_path: Path, module: str):
    write(tmp_path, {"etl.py": ""})
    assert subject(f"{module}@{tmp_path}/etl.py").target == f"etl@{tmp_path}/etl.py"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("", "f: it was typed at a prompt; write it into a file or a notebook"),
        ("m@/no/such/file.py", "/no/such/file.py cannot be read"),
        ("m@/usr/lib/x.so", "it was typed at a prompt"),
    ],
)
def test_what_cannot_be_found_again_is_refused(entry: str, told: str):
    with pytest.raises(TargetError, match=told):
        subject(entry)


def test_what_a_notebook_does_is_kept_and_not_what_its_runs_left(tmp_path: Path):
    def book(**code: Any) -> bytes:
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": "# Words"},
            {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "n: int = 1", **code},
        ]
        metadata = {"kernelspec": SPEC, "language_info": {"name": "python", "version": code.get("version", "3.11")}}
        path = tmp_path / "book.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells}))
        return notebook_subject(path).files["book.ipynb"]

    clean = book(outputs=[], execution_count=None)
    stream = [{"output_type": "stream", "name": "stdout", "text": ["a", "b"]}]
    assert book(outputs=stream, execution_count=9) == clean
    assert json.loads(clean)["cells"][1]["outputs"] == []
    assert json.loads(clean)["cells"][1]["source"] == ["n: int = 1"]


def test_a_notebook_says_what_does_not_fit(tmp_path: Path):
    code = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "n: int", "outputs": []}
    node = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": SPEC},
        "cells": [code | {"execution_count": None}],
    }
    (tmp_path / "book.ipynb").write_text(json.dumps(node))
    problems = notebook_subject(tmp_path / "book.ipynb").problems
    assert problems({"n": "4"}) == problems({"n": {"$secret": "N"}}) == {}
    assert set(problems({"m": 1})) == {"m", "n"}
