"""Kernels when something dies, hangs or is changed under them: the runner, a fork server, a spare, a package."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
import sysconfig
import threading
import venv
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from jupyter_flows.errors import KernelDied
from jupyter_flows.notebooks.kernel import forked
from jupyter_flows.notebooks.kernel.fork_servers import ForkServers
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked, can_fork
from jupyter_flows.notebooks.kernel.guard import guard
from jupyter_flows.notebooks.kernel.sources import ForkOrSpawn
from jupyter_flows.notebooks.kernel.spawned import SpawnSource

if not can_fork():
    pytest.skip("kernels are forked on Linux only", allow_module_level=True)


@pytest.fixture
def servers():
    made = ForkServers(spares=1)
    yield made
    made.close()


@pytest.fixture
def source(servers):
    return ForkOrSpawn(ForkSource(servers), SpawnSource())


@pytest.fixture
def warm(source, kernel_of):
    """A source whose server is up: the first kernel is spawned while it starts."""

    async def start_server():
        for wanted in ("spawned", "forked"):
            async with kernel_of(source) as kernel:
                assert kernel.kernel.source == wanted

    asyncio.run(start_server())
    return source


def only_server(servers):
    (server,) = servers._servers.values()
    return psutil.Process(server.process.pid)


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


# --- the runner ------------------------------------------------------------------------------------------------------

RUNNER = """
    import asyncio, json, os, sys, time
    from pathlib import Path
    from jupyter_flows.notebooks.kernel.guard import guard
    from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
    from jupyter_flows.notebooks.kernel.sources import kernel_source

    async def main():
        source = kernel_source(more_to_come=True)
        pids = []
        for number in range(3):
            start = KernelStart("python3", Path.cwd(), dict(os.environ), Path(f"log{number}"))
            kernel = await source.start(start)
            await kernel.ready()
            start_child = "import subprocess, time; print(subprocess.Popen(['sleep', '100']).pid)"
            kernel.execute(f"{start_child}; time.sleep(99)")
            while not (said := [m for m in await kernel.receive() if m.type == "stream" and m.parent_id]):
                pass
            pids += [kernel.pid, int(said[0].content["text"])]
            print(kernel.source, file=sys.stderr)
        if sys.argv[1] == "with a forked child" and os.fork() == 0:
            time.sleep(100)
            os._exit(0)
        print(json.dumps([pids, str(guard().folder().parent)]), flush=True)
        await kernel.exited()

    asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["alone", "with a forked child"])
def test_a_killed_runner_leaves_no_kernel_no_grandchild_and_no_file(scripts, eventually, how):
    runner = scripts.start(RUNNER, how)
    pids, folder = json.loads(runner.stdout.readline())
    everything = {*pids, *(child.pid for child in psutil.Process(runner.pid).children(recursive=True))}
    forked_child = set(filter(is_script, everything))
    assert len(pids) == 6 and Path(folder).is_dir() and len(forked_child) == (how != "alone")
    runner.kill()
    eventually(lambda: all(map(is_gone, everything - forked_child)))
    eventually(lambda: not Path(folder).exists())
    assert not any(map(is_gone, forked_child))
    for pid in forked_child:
        os.kill(pid, signal.SIGKILL)


def is_script(pid):
    with contextlib.suppress(psutil.Error):
        return "with a forked child" in psutil.Process(pid).cmdline()
    return False


def test_a_runner_that_ends_well_leaves_nothing_either(scripts, eventually):
    code = RUNNER.replace("await kernel.exited()", "pass")
    pids, folder = json.loads(scripts.run(code, "alone"))
    eventually(lambda: all(map(is_gone, pids)) and not Path(folder).exists())


# --- a fork server ---------------------------------------------------------------------------------------------------


def test_kernels_outlive_their_server_and_the_next_one_is_spawned(warm, servers, kernel_of):
    async def talk():
        async with kernel_of(warm) as first:
            assert first.kernel.source == "forked"
            server = only_server(servers)
            server.kill()
            server.wait()
            assert await first.text("print(1)") == "1\n"
            async with kernel_of(warm) as second:
                assert second.kernel.source == "spawned"
            async with kernel_of(warm) as third:
                assert third.kernel.source == "forked"
                assert only_server(servers).pid != server.pid
            first.kernel.execute("import os; os._exit(3)")
            while await first.kernel.receive():
                pass
            assert (await first.kernel.exited()).code is None

    asyncio.run(talk())


def test_a_server_that_hangs_is_given_up_after_a_while(warm, servers, kernel_of, monkeypatch):
    monkeypatch.setattr(forked, "ANSWER_SECONDS", 0.3)

    async def talk():
        server = only_server(servers)
        server.suspend()
        async with kernel_of(warm) as kernel:
            assert kernel.kernel.source == "spawned"
        assert not server.is_running()

    asyncio.run(talk())


def test_spares_that_died_are_passed_over(warm, servers, kernel_of, eventually):
    async def talk():
        spares = eventually(lambda: only_server(servers).children())
        for spare in spares:
            spare.kill()
        async with kernel_of(warm) as kernel:
            assert kernel.kernel.source == "forked"

    asyncio.run(talk())


def test_what_was_taken_is_made_again_also_while_another_waits(kernel_of, eventually):
    servers = ForkServers(spares=2)
    source = ForkOrSpawn(ForkSource(servers), SpawnSource())

    async def talk():
        async with kernel_of(source):
            eventually(lambda: len(only_server(servers).children()) == 2)
        async with kernel_of(source) as kernel:
            assert kernel.kernel.source == "forked"
            eventually(lambda: len(only_server(servers).children()) == 3)

    asyncio.run(talk())
    servers.close()


def test_more_kernels_than_spares_are_forked_all_the_same(warm, kernel_of):
    async def one():
        async with kernel_of(warm) as kernel:
            return kernel.kernel.source

    async def several():
        return await asyncio.gather(*[one() for _ in range(5)])

    assert asyncio.run(several()) == ["forked"] * 5


async def second_of_two(stack, start):
    """Start two kernels at once: the order for the second is there before its server can be tired of waiting."""
    first, second = await asyncio.gather(*[stack.enter_async_context(start()) for _ in range(2)])
    assert [first.kernel.source, second.kernel.source] == ["spawned", "forked"]
    return second


def test_a_server_without_work_ends_and_its_spares_with_it(kernel_of, eventually):
    servers = ForkServers(spares=1, idle_seconds=0.5)
    source = ForkOrSpawn(ForkSource(servers), SpawnSource())

    async def talk():
        async with AsyncExitStack() as stack:
            kernel = await second_of_two(stack, lambda: kernel_of(source))
            server = only_server(servers)
            spares = [child for child in server.children() if child.pid != kernel.kernel.pid]
        return server, spares

    server, spares = asyncio.run(talk())
    eventually(lambda: is_gone(server.pid) and all(is_gone(spare.pid) for spare in spares))
    servers.close()


def test_a_server_that_is_to_wait_as_long_as_it_takes_ends_when_its_owner_says_for_how_long(kernel_of, eventually):
    servers = ForkServers(spares=1, idle_seconds=math.inf)
    source = ForkOrSpawn(ForkSource(servers), SpawnSource())

    async def talk():
        async with kernel_of(source):
            server = only_server(servers)
            async with kernel_of(source) as kernel:
                assert kernel.kernel.source == "forked"
        return server

    server = asyncio.run(talk())
    assert server.is_running()
    servers.end_idle_after(0.05)
    eventually(lambda: is_gone(server.pid))
    servers.close()


def test_the_patience_of_a_spare_is_over_when_it_has_its_order(kernel_of):
    servers = ForkServers(spares=1, idle_seconds=0.5)
    source = ForkOrSpawn(ForkSource(servers), SpawnSource())

    async def talk():
        async with AsyncExitStack() as stack:
            await second_of_two(stack, lambda: kernel_of(source))
            kernel = await stack.enter_async_context(kernel_of(source))
            assert kernel.kernel.source == "forked"
            assert await kernel.text("import time; time.sleep(1); print(1)") == "1\n"
            assert await kernel.text("print(2)") == "2\n"

    asyncio.run(talk())
    servers.close()


def test_closing_the_servers_lets_their_kernels_finish(warm, servers, kernel_of):
    async def talk():
        async with kernel_of(warm) as kernel:
            servers.close()
            assert await kernel.text("print(1)") == "1\n"
            await kernel.kernel.stop()
            assert await kernel.kernel.exited()

    asyncio.run(talk())


# --- what is installed -----------------------------------------------------------------------------------------------


def test_an_installed_package_makes_a_new_server(servers, source, kernel_of, tmp_path):
    installed = tmp_path / "site-packages"
    installed.mkdir()

    async def sources(count):
        found = []
        for _ in range(count):
            async with kernel_of(source, PYTHONPATH=str(installed)) as kernel:
                found.append(kernel.kernel.source)
        return found

    assert asyncio.run(sources(3)) == ["spawned", "forked", "forked"]
    before = only_server(servers).pid
    (installed / "new_package").mkdir()
    assert asyncio.run(sources(2)) == ["spawned", "forked"]
    assert only_server(servers).pid != before


def test_variables_that_libraries_read_once_get_a_server_of_their_own(warm, servers, kernel_of):
    async def talk():
        async with kernel_of(warm, OMP_NUM_THREADS="1") as kernel:
            assert kernel.kernel.source == "spawned"
        async with kernel_of(warm, OMP_NUM_THREADS="1") as kernel:
            assert kernel.kernel.source == "forked"
            assert await kernel.text("import os; print(os.environ['OMP_NUM_THREADS'])") == "1\n"
        async with kernel_of(warm, ANY_OTHER="1") as kernel:
            assert kernel.kernel.source == "forked"
        assert len(servers._servers) == 2

    asyncio.run(talk())


def test_the_server_used_longest_ago_makes_room(servers, source, kernel_of, eventually):
    async def talk():
        async with kernel_of(source, OMP_NUM_THREADS="0"):
            first = only_server(servers)
        for number in range(1, 5):
            with contextlib.suppress(NotForked):
                key = {**os.environ, "OMP_NUM_THREADS": str(number)}
                servers.find(next(iter(servers._servers)).__class__((sys.executable,), (), tuple(key.items())), key)
        assert len(servers._servers) == 4
        eventually(lambda: is_gone(first.pid))

    asyncio.run(talk())


@pytest.fixture
def other_python(tmp_path, monkeypatch):
    """An environment of its own with our packages, but not with this project; the kernel ``other`` runs in it."""
    home = tmp_path / "environment"
    venv.create(home, symlinks=False, with_pip=False)
    (installed,) = home.glob("lib/python*/site-packages")
    (installed / "ours.pth").write_text(sysconfig.get_path("purelib"))
    python = home / "bin" / "python"
    folder = tmp_path / "kernels" / "other"
    folder.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": argv}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return python


def test_another_environments_interpreter_is_forked_too_and_replaced_when_it_changes(
    servers, source, kernel_of, other_python
):
    async def start():
        async with kernel_of(source, "other") as kernel:
            find = "import sys, importlib.util as i; print(sys.executable, i.find_spec('jupyter_flows'))"
            assert await kernel.text(find) == f"{other_python} None\n"
            return kernel.kernel.source

    async def several(count):
        return [await start() for _ in range(count)]

    assert asyncio.run(several(3)) == ["spawned", "forked", "forked"]
    before = only_server(servers).pid
    os.utime(other_python)
    assert asyncio.run(several(2)) == ["spawned", "forked"]
    assert only_server(servers).pid != before


def test_an_interpreter_without_ipykernel_is_tried_once(servers, source, tmp_path, monkeypatch, eventually, kernel_of):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    folder = tmp_path / "kernels" / "bare"
    folder.mkdir(parents=True)
    argv = [str(python), "-I", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": [argv[0], *argv[2:]]}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    async def talk():
        with pytest.raises(KernelDied, match="No module named"):
            async with kernel_of(source, "bare"):
                pass

    asyncio.run(talk())
    (server,) = servers._servers.values()
    eventually(lambda: server.process.poll() is not None)
    assert "ipykernel" in server.last_words()
    asyncio.run(talk())
    assert not servers._servers


# --- many at once ----------------------------------------------------------------------------------------------------


def test_many_kernels_at_once_give_everything_back(warm, kernel_of, at_scale, eventually):
    count = at_scale(10, 30)

    async def one(number):
        async with kernel_of(warm) as kernel:
            return await kernel.text(f"print({number})")

    async def round_of():
        return await asyncio.gather(*map(one, range(count)))

    runner, folder = psutil.Process(), guard().folder().parent
    at_first = runner.num_fds()
    assert asyncio.run(round_of()) == [f"{number}\n" for number in range(count)]
    before = eventually(lambda: runner.num_fds() < at_first + 40 and runner.num_fds())
    assert len(asyncio.run(round_of())) == count
    eventually(lambda: runner.num_fds() <= before)  # ZeroMQ closes its own in a thread
    assert not [path for path in folder.rglob("kernel.json") if path.parent.parent == folder]


def test_threads_with_loops_of_their_own_share_the_servers(warm, kernel_of):
    said = []

    async def one(number):
        async with kernel_of(warm) as kernel:
            said.append((kernel.kernel.source, await kernel.text(f"print({number})")))

    threads = [threading.Thread(target=lambda n=n: asyncio.run(one(n))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [("forked", f"{number}\n") for number in range(3)]


def test_a_killed_guard_is_missed_and_replaced(warm, kernel_of, eventually):
    async def talk():
        async with kernel_of(warm):
            guard()._shell.kill()
            guard()._shell.wait()
            async with kernel_of(warm) as kernel:
                assert await kernel.text("print(1)") == "1\n"
            assert guard()._shell.poll() is None

    asyncio.run(talk())
