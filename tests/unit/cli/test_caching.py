from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_flows import flow, task
from jupyter_flows.settings import load_settings


@task(cache_key_fn=lambda _context, parameters: f"n={parameters['n']}", cache_expiration=3600)
def count(n: int) -> list[int]:
    return list(range(n))


@flow
def counting() -> int:
    return len(count(2)) + len(count(5000))


@pytest.fixture
def kept(data_dir: Path) -> None:
    counting()


@pytest.mark.usefixtures("kept")
def test_cache_ls_shows_key_origin_and_expiry(cli, as_json):
    large, small = as_json("cache", "ls")["cached"]
    assert small["key"].endswith("count:n=2") and small["size"] == len("[0,1]")
    assert large["size"] > 5000 and large["serializer"] == "json" and not large["expired"]
    code, out, _ = cli("cache", "ls")
    assert code == 0 and "count:n=5000" in out and large["task_run"] in out


@pytest.mark.usefixtures("kept")
def test_cache_clear_forgets_one_key_or_all(cli, as_json):
    (_, small) = as_json("cache", "ls")["cached"]
    assert cli("cache", "clear", "--key", small["key"])[1].startswith("forgot 1 cached value;")
    assert as_json("cache", "clear") == {"cleared": 1}
    assert cli("cache", "ls")[1] == "Nothing is cached.\n"


@pytest.mark.usefixtures("kept")
def test_gc_removes_the_files_of_kept_values(cli):
    def files() -> list[Path]:
        return [path for path in Path(load_settings().results_url).rglob("*") if path.is_file()]

    assert len(files()) == 1
    assert cli("gc", "--keep", "0")[0] == 0
    assert files() == []


def test_an_unknown_verb_is_one_line(cli):
    code, _, err = cli("cache", "empty")
    assert code == 2 and err.count("\n") == 1
