"""Images as they are described, before and when an engine builds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from jupyter_flows.errors import ContainerBuildFailed, ContainerEngineMissing
from jupyter_flows.infrastructure import ContainerEnvironment
from jupyter_flows.version import __version__

# Writes down what it is asked, and what it was given to build from.
ENGINE = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$1" in
    version) exit "${VERSION_STATUS:-0}" ;;
    build) cat "$4/Dockerfile" "$4/flow/a.py"; exit "${BUILD_STATUS:-0}" ;;
esac
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a stand-in for docker was asked."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(ENGINE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    return tmp_path / "asked"


def test_the_text_of_an_image_lets_no_shell_read_a_value(tmp_path: Path):
    (tmp_path / "team $(x).csv").write_text("ada")
    made = ContainerEnvironment(
        base_image="python:3.12",
        python_dependencies=["pandas>=2; python_version > '3'", "x @ https://example.org/x.whl"],
        env_vars={"STAGE": 'a "b" $HOME \\ `c`'},
        files={str(tmp_path / "team $(x).csv"): "/etc/my team.csv"},
    )
    pip = f'"pip", "install", "--no-cache-dir", "jupyter-flows=={__version__}"'
    assert made.dockerfile().splitlines() == [
        "FROM python:3.12",
        r'ENV STAGE="a \"b\" \$HOME \\ `c`"',
        f"""RUN ["python", "-m", {pip}, "pandas>=2; python_version > '3'", "x @ https://example.org/x.whl"]""",
        'COPY ["files/1", "/etc/my team.csv"]',
        'COPY ["flow/", "/opt/flows/"]',
        "WORKDIR /opt/flows",
        'CMD ["jupyter-flows", "execute"]',
    ]
    assert made.preview() == made.dockerfile()


def test_a_context_holds_all_that_the_image_is_made_of(tmp_path: Path):
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.csv").write_text("1")
    made = ContainerEnvironment(files={str(folder): "/data", __file__: "/etc/me.py"})
    context = made.write_context(tmp_path / "context", {"flows/daily.py": b"x = 1"})
    assert (context / "Dockerfile").read_text() == made.dockerfile()
    assert (context / "files" / "1" / "deep" / "a.csv").read_text() == "1"
    assert (context / "files" / "2").read_bytes() == Path(__file__).read_bytes()
    assert (context / "flow" / "flows" / "daily.py").read_bytes() == b"x = 1"
    with pytest.raises(FileExistsError, match="is not empty"):
        made.write_context(context)


@pytest.mark.parametrize(
    ("given", "flow", "image"),
    [
        ({}, "Stand Up", "stand-up:d1"),
        ({"registry_url": "registry.example.com:5000/team/"}, "x", "registry.example.com:5000/team/x:d1"),
        ({"image_name": "mine", "image_tag": "1.2"}, "x", "mine:1.2"),
    ],
)
def test_what_was_not_named_is_named_by_the_flow_and_its_source(given, flow: str, image: str):
    assert ContainerEnvironment(**given).image(flow, "d1") == image


def test_an_engine_builds_and_pushes_when_it_is_asked_to(asked: Path):
    made = ContainerEnvironment(registry_url="registry.example.com")
    assert made.build("daily", {"a.py": b"1"}, digest="d1") == "registry.example.com/daily:d1"
    version, build = asked.read_text().splitlines()
    assert (version, build.rpartition(" ")[0]) == ("version", "build --tag registry.example.com/daily:d1")
    assert not Path(build.rpartition(" ")[2]).exists()
    made.build("daily", {"a.py": b"1"}, digest="d1", push=True)
    assert asked.read_text().splitlines()[-1] == "push registry.example.com/daily:d1"


def test_an_engine_that_fails_is_quoted(asked: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BUILD_STATUS", "7")
    with pytest.raises(
        ContainerBuildFailed, match=r"image daily:latest: build ended with status 7; it said:(.|\n)*x = 1"
    ):
        ContainerEnvironment().build("daily", {"a.py": b"x = 1"}, push=True)
    assert "push" not in asked.read_text()


def test_an_engine_whose_server_does_not_answer_is_none(asked: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VERSION_STATUS", "1")
    with pytest.raises(
        ContainerEngineMissing, match=r"docker: it does not answer.*dockerfile\(\) and write_context\(\)"
    ):
        ContainerEnvironment().build()


@pytest.mark.parametrize(
    "given",
    [
        {"base_image": "-rf"},
        {"registry_url": "https://me:hunter2-and-more@registry.example.com"},
        {"python_dependencies": ["--index-url https://example.org"]},
        {"python_dependencies": ["pandas\nRUN echo"]},
        {"env_vars": {"DB_PASSWORD": "hunter2-and-more"}},
        {"env_vars": {"A": "b\nRUN echo"}},
        {"env_vars": {"A B": "1"}},
        {"files": {"/nowhere/at/all": "/etc/x"}},
        {"files": {__file__: "etc/x"}},
        {"files": {__file__: "/etc/../x"}},
        {"image_name": "Not A Name"},
        {"image_tag": "a b"},
        {"image": "python:3"},
    ],
)
def test_what_is_no_image_is_refused_when_it_is_made(given):
    with pytest.raises(ValidationError) as refused:
        ContainerEnvironment(**given)
    assert "input_value" not in str(refused.value)
    assert "hunter2-and-more" not in str(refused.value).replace(repr(given.get("registry_url")), "")
