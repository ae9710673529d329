from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import jupyter_flows

HEAVY = ["sqlalchemy", "alembic", "pydantic", "rich", "papermill", "nbformat", "nbconvert", "ipykernel", "IPython"]


@pytest.mark.parametrize("name", jupyter_flows.__all__)
def test_a_public_name_is_found_at_its_home(name):
    assert getattr(jupyter_flows, name) is not None


@pytest.mark.parametrize("module", ["states", "signals", "runtime", "errors"])
def test_a_public_module_can_be_imported(module):
    assert importlib.import_module(f"jupyter_flows.{module}")


def test_the_table_of_homes_and_all_say_the_same():
    assert {*jupyter_flows._HOME_OF, "__version__"} == set(jupyter_flows.__all__)


def test_dir_shows_the_names_before_they_are_loaded():
    assert set(jupyter_flows.__all__) <= set(dir(jupyter_flows))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'jupyter_flows' has no attribute 'workflow'"):
        jupyter_flows.workflow  # noqa: B018


def loaded_by(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_only_itself_and_its_version():
    own = {name for name in loaded_by("import jupyter_flows") if name.startswith("jupyter_flows")}
    assert own == {"jupyter_flows", "jupyter_flows.version"}


@pytest.mark.parametrize("statement", ["import jupyter_flows", "from jupyter_flows import flow, task"])
def test_importing_what_a_flow_needs_loads_nothing_heavy(statement):
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_the_version_is_said_once():
    assert jupyter_flows.__version__ == version("jupyter-flows")


def test_the_package_says_that_it_is_typed():
    assert (Path(jupyter_flows.__file__).parent / "py.typed").exists()
