from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from jupyter_flows.errors import KernelNotFound, NotebookError
from jupyter_flows.notebooks.kernel.launch import launch_of

PLAIN = ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"]


@pytest.fixture
def install(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    def write(name, **spec):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec))
        return folder

    return write


def test_a_command_is_filled_in(install):
    folder = install("mine", argv=["run", "{connection_file}", "{resource_dir}", "{prefix}", "{other}"])
    command = launch_of("mine").command(Path("/there/kernel.json"))
    assert command == ["run", "/there/kernel.json", str(folder), sys.prefix, "{other}"]


def test_a_kernelspecs_variables_are_added_and_filled_in(install):
    install("mine", argv=["run"], env={"NEW": "a ${OLD} $NONE"})
    assert launch_of("mine").surroundings({"OLD": "b"}) == {"OLD": "b", "NEW": "a b $NONE"}


def test_just_python_means_this_interpreter(install):
    install("mine", argv=PLAIN)
    assert launch_of("mine").command(Path("f"))[0] == sys.executable


def test_what_is_not_as_kernelspecs_are_is_left_out(install):
    install("mine", argv=["run"], env=["NEW=a"], metadata={"kernel_provisioner": "local"})
    assert launch_of("mine").environment == {}
    install("other", argv=["run"], metadata="none")
    assert launch_of("other").argv == ("run",)


def test_a_folder_that_cannot_be_read_hides_no_other(install, monkeypatch):
    install("mine", argv=["run"])
    listed = Path.iterdir

    def iterdir(folder):
        if folder.name == "kernels" and not (folder / "mine").exists():
            raise PermissionError(folder)
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert launch_of("mine").argv == ("run",)


def test_case_does_not_count(install):
    install("Mine", argv=["run"])
    assert launch_of("mine").argv == ("run",)


@pytest.mark.parametrize(
    ("argv", "interpreter"),
    [
        (PLAIN, sys.executable),
        (["/other/python", "-Xfrozen_modules=off", *PLAIN[1:]], "/other/python"),
        ([*PLAIN, "--debug"], None),
        (["conda", "run", *PLAIN], None),
        (["R", "--slave"], None),
    ],
)
def test_only_an_interpreter_that_runs_ipykernel_and_nothing_else_can_be_forked(install, argv, interpreter):
    install("mine", argv=argv)
    assert launch_of("mine").interpreter == interpreter


def test_interrupts_come_by_signal_unless_the_kernelspec_says_otherwise(install):
    install("signal", argv=["run"])
    install("message", argv=["run"], interrupt_mode="message")
    assert not launch_of("signal").interrupts_by_message
    assert launch_of("message").interrupts_by_message


def test_a_kernel_of_another_machine_is_refused_by_the_name_of_its_provisioner(install):
    install("far", argv=["run"], metadata={"kernel_provisioner": {"provisioner_name": "yarn-provisioner"}})
    with pytest.raises(NotebookError, match="'far' is started by 'yarn-provisioner'"):
        launch_of("far")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"argv": []}'])
def test_a_broken_kernelspec_is_named(install, text):
    folder = install("broken")
    (folder / "kernel.json").write_text(text)
    with pytest.raises(NotebookError, match="'broken' has"):
        launch_of("broken")


def test_a_missing_kernel_is_told_with_those_that_are_there(install):
    install("mine", argv=["run"])
    with pytest.raises(KernelNotFound) as caught:
        launch_of("none")
    assert "mine" in caught.value.known
