"""Secrets drawn at random, each kept in another way, and every form in which a file may show one."""

from __future__ import annotations

import base64
import html
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

ROOT = Path(__file__).parents[2]

# A keyring whose content is in a file that is no file of ours.
_RING = """
import json, os
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 9

    def get_password(self, service, username):
        return json.load(open(os.environ["RING_FILE"])).get(username)

    def set_password(self, service, username, password):
        kept = json.load(open(os.environ["RING_FILE"]))
        json.dump({**kept, username: password}, open(os.environ["RING_FILE"], "w"))
"""

# What the user's code imports: all secrets, and every way to show one of them.
_SHOWING = """
import base64, glob, html, json, os, subprocess, sys
from urllib.parse import quote
from pydantic import SecretStr
from jupyter_flows import Block, EnvVarSecret, Secret, artifact, emit_event, get_run_logger


class Database(Block):
    _block_type_name = "canary-database"
    password: SecretStr


def canaries():
    names = [name for name in ("IN_ENVIRONMENT", "BY_HOOK", "IN_FILE", "IN_RING") if Secret(name).exists()]
    found = [str(Secret(name).get()) for name in names]
    found.append(Database.load("main").password.get_secret_value())
    assert len(found) == 5, names
    return found


def forms(text):
    raw = text.encode()
    return [
        text, json.dumps({"it is": text}), quote(text, safe=""), raw.hex(), html.escape(text), repr(text),
        *(base64.b64encode(b"-" * skipped + raw).decode() for skipped in range(3)),
        *(base64.urlsafe_b64encode(b"-" * skipped + raw).decode() for skipped in range(3)),
    ]


def show(text):
    import logging
    for form in forms(text):
        print("it is", form)
        print("it is", form, file=sys.stderr)
        get_run_logger().warning("it is %s", form)
    logging.getLogger(text).warning("in the name of a logger")
    for piece in text:  # no piece of it is a secret
        print(piece, end="", flush=True)
    print()
    tell = "import sys; print(sys.argv[1], flush=True); print(sys.argv[1], file=sys.stderr, flush=True)"
    subprocess.run([sys.executable, "-c", tell, text], check=True)
    emit_event("canary." + text, resource=text, payload={text: [text]})
    artifact(markdown=text, key=text, description=text)
    artifact(table=[{"a": text, text: 1}])
    artifact(link="https://example.org/?" + quote(text, safe=""))


def note_processes(found):
    shown = {"argv": [], "environ": []}  # commands of this test's processes that show a secret to whoever looks
    for place in glob.glob("/proc/[0-9]*"):
        try:
            told = {name: open(f"{place}/{name}", "rb").read() for name in ("cmdline", "environ")}
        except OSError:
            continue
        command = told["cmdline"].decode("utf-8", "replace").replace("\\0", " ")
        if os.environ["RING_FILE"].encode() in told["environ"]:
            for what, content in (("argv", told["cmdline"]), ("environ", told["environ"])):
                shown[what] += [command] if any(text.encode() in content for text in found) else []
    with open(os.environ["LISTING_FILE"], "w") as file:
        json.dump(shown, file)
"""


@dataclass
class Canaries:
    """The secrets of one test, kept in ``home``: in variables, in the file, in a keyring and in a block."""

    home: Path
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("IN_ENVIRONMENT", "BY_HOOK", "IN_FILE", "IN_RING", "IN_BLOCK")
        self.values = self.values or {name: base64.b85encode(secrets.token_bytes(24)).decode() for name in names}
        self.work, self.data, self.private = self.home / "work", self.home / "data", self.home / "private"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},  # ipykernel asks it
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_CONFIG_DIR": str(self.private / "config"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(self.private), str(self.work)]),
            "PYTHON_KEYRING_BACKEND": "our_ring.Ring",
            "RING_FILE": str(self.private / "ring.json"),
            "LISTING_FILE": str(self.private / "listing.json"),
            "IN_ENVIRONMENT": self.values["IN_ENVIRONMENT"],
            "JUPYTER_FLOWS__CONTEXT__SECRETS__BY_HOOK": self.values["BY_HOOK"],
        }

    @classmethod
    def kept(cls, home: Path) -> Canaries:
        """New ones, kept as a user keeps them."""
        made = cls(home)
        for folder in (made.work, made.private):
            folder.mkdir(parents=True)
        (made.private / "ring.json").write_text("{}")
        (made.private / "our_ring.py").write_text(_RING)
        (made.work / "showing.py").write_text(_SHOWING)
        made.keep()
        return made

    def copied(self, home: Path) -> Canaries:
        """The same ones elsewhere, kept in the same ways."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Canaries(home, self.values)

    def keep(self) -> None:
        null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        self.cli("secret", "set", "IN_RING", given=self.values["IN_RING"])
        self.cli("secret", "set", "IN_FILE", given=self.values["IN_FILE"], **null)
        saving = "import sys; from showing import Database; Database(password=sys.stdin.read()).save('main')"
        self.python("-c", saving, given=self.values["IN_BLOCK"], **null)

    def cli(self, *words: str, **rest: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "jupyter_flows.cli.main", *words, **rest)

    def python(self, *words: str, given: str = "", **added: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **added}
        return subprocess.run(
            [sys.executable, *words],
            env=environment, cwd=self.work, input=given, capture_output=True, text=True, timeout=100,
        )  # fmt: skip

    def json_of(self, *commands: str) -> str:
        """What `jupyter flows` prints for commands, all in one process."""
        code = "import sys; from jupyter_flows.cli.main import main; [main(words.split()) for words in sys.argv[1:]]"
        done = self.python("-c", code, *(f"{words} --json" for words in commands))
        assert done.stderr == "", done.stderr
        return done.stdout

    def shown_processes(self) -> dict[str, list[str]]:
        """Commands of processes that showed a secret in their arguments or environment, as user code saw them."""
        return json.loads(Path(self.environment["LISTING_FILE"]).read_text())

    def leaks(self, *places: Path | str) -> list[str]:
        """Where a canary stands in some form: files of folders, and texts."""
        found: list[str] = []
        for place, content in _contents(places):
            for name, value in self.values.items():
                found += [f"{place}: {name}: {form!r}" for form in _forms(value) if form in content]
        return found


def _contents(places: Iterable[Path | str]) -> Iterator[tuple[str, bytes]]:
    for place in places:
        if isinstance(place, str):
            yield "text", place.encode("utf-8", "replace")
            continue
        files = [path for path in place.rglob("*") if path.is_file()]
        assert files, place
        for path in files:
            yield str(path), path.read_bytes()


def _forms(value: str) -> set[bytes]:
    raw = value.encode()
    texts = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], html.escape(value), raw.hex()}
    found = {text.encode() for text in texts}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for skipped in range(3):
            # Without the groups that its neighbours have a part in.
            found.add(encode(b"-" * skipped + raw)[4 if skipped else 0 : -4])
    return found
