"""The program that builds and pushes images: docker or podman, where one answers."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_flows.errors import ContainerBuildFailed, ContainerEngineMissing
from jupyter_flows.secrets.resolved import redact

_logger = logging.getLogger("jupyter_flows.deploy")
_ENGINES = ("docker", "podman")
_ANSWER_SECONDS = 20.0
_SAID = 10  # lines of a failure


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """A program that answers.

    Parameters
    ----------
    program
        Its path.
    """

    program: str

    @classmethod
    def here(cls) -> ContainerEngine:
        """Return the first that answers.

        Raises
        ------
        ContainerEngineMissing
            It tells what each of them said.
        """
        problems: dict[str, str] = {}
        for name in _ENGINES:
            program = shutil.which(name)
            problem = "it is not installed" if program is None else _silence(program)
            if program is not None and not problem:
                return cls(program)
            problems[name] = problem
        raise ContainerEngineMissing(problems)

    @contextmanager
    def context(self) -> Iterator[Path]:
        """Give a folder for what an image is built from, removed afterwards."""
        with tempfile.TemporaryDirectory(prefix="jupyter-flows-image-") as folder:
            yield Path(folder)

    def build(self, folder: Path, image: str) -> None:
        """Build an image from a folder with a Dockerfile.

        Raises
        ------
        ContainerBuildFailed
        """
        self._run("build", image, ["build", "--tag", image, str(folder)])

    def push(self, image: str) -> None:
        """Push an image to its registry.

        Raises
        ------
        ContainerBuildFailed
        """
        self._run("push", image, ["push", image])

    def _run(self, what: str, image: str, words: list[str]) -> None:
        said: deque[str] = deque(maxlen=_SAID)
        with subprocess.Popen(
            [self.program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(redact(line.rstrip()))
                _logger.info("%s: %s", Path(self.program).name, said[-1])
        if process.returncode:
            raise ContainerBuildFailed(what, image, process.returncode, "\n".join(said))


def _silence(program: str) -> str:
    """Why a program does not answer; empty where it does. ``version`` asks its server too, where it has one."""
    try:
        done = subprocess.run(
            [program, "version"],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it does not answer ({type(error).__name__})"
    lines = (done.stderr or done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else f"it does not answer ({lines[-1].strip() if lines else done.returncode})"


__all__ = ["ContainerEngine"]
