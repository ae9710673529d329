"""What whoever executes a notebook may expect of a kernel, from whichever source it comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from jupyter_flows.errors import KernelDied, KernelNotFound
from jupyter_flows.notebooks.kernel import live_kernel
from jupyter_flows.notebooks.kernel.channels import Channels
from jupyter_flows.notebooks.kernel.fork_servers import ForkServers
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked, can_fork
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
from jupyter_flows.notebooks.kernel.spawned import SpawnSource

if sys.platform == "win32":
    pytest.skip("kernels are watched by process groups", allow_module_level=True)


class Forked:
    """Forks always, also the first time, for which a spawned kernel would do otherwise."""

    def __init__(self, spares):
        self.servers = ForkServers(spares=spares)

    async def start(self, start):
        source = ForkSource(self.servers)
        with contextlib.suppress(NotForked):
            return await source.start(start)
        return await source.start(start)

    def close(self):
        self.servers.close()


@pytest.fixture(scope="module", params=["spawned", "forked", "spare"])
def source(request):
    if request.param == "spawned":
        yield SpawnSource()
        return
    if not can_fork():
        pytest.skip("kernels are forked on Linux only")
    forked = Forked(spares=1 if request.param == "spare" else 0)
    yield forked
    forked.close()


def test_its_source_is_told(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            assert kernel.kernel.source == ("spawned" if isinstance(source, SpawnSource) else "forked")

    asyncio.run(talk())


def types(said, channel):
    return [message.type for message in said if message.channel == channel]


def test_a_cells_messages_come_under_its_id_in_order(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            said = await kernel.run("print('out'); 1 + 1", metadata={"cellId": "a"})
            assert types(said, "iopub") == ["status", "execute_input", "stream", "execute_result", "status"]
            assert types(said, "shell") == ["execute_reply"]
            assert said[-1].content.get("status") == "ok" or said[-1].content.get("execution_state") == "idle"
            assert all(message.at for message in said)
            assert kernel.kernel.language_info["name"] == "python"
            assert kernel.kernel.tells_all

    asyncio.run(talk())


def test_a_request_carries_its_metadata_and_its_choices(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            parent = "get_ipython().kernel.get_parent()"
            assert await kernel.text(f"print({parent}['metadata'])") == "{}\n"
            said = await kernel.run(f"print({parent}['metadata']['cellId'])", metadata={"cellId": "7"})
            assert [m.content["text"] for m in said if m.type == "stream"] == ["7\n"]
            counted = [m.content["execution_count"] for m in said if m.type == "execute_input"]
            quiet = await kernel.run("x = 1", silent=True, store_history=False)
            assert types(quiet, "iopub") == ["status", "status"]
            again = await kernel.run("x")
            assert [m.content["execution_count"] for m in again if m.type == "execute_input"] == [counted[0] + 1]

    asyncio.run(talk())


def test_the_history_is_this_notebooks_own_and_in_no_file(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            assert await kernel.text("print(get_ipython().history_manager.hist_file)") == ":memory:\n"
            await kernel.run("mark = 'to be found'")
            assert "mark = 'to be found'" in await kernel.text("%history -g mark*")

    asyncio.run(talk())


def test_a_question_is_refused_or_asked(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            refused = await kernel.run("input('name? ')")
            assert [m.content["ename"] for m in refused if m.type == "error"] == ["StdinNotImplementedError"]
            asked = kernel.kernel.execute("print(input('name? '))", allow_stdin=True)
            question = []
            while not question:
                question = [m for m in await kernel.kernel.receive() if m.type == "input_request"]
            assert question[0].content["prompt"] == "name? "
            kernel.kernel.answer("Ada")
            assert [m.content["text"] for m in await kernel.hear(asked) if m.type == "stream"] == ["Ada\n"]

    asyncio.run(talk())


def test_an_interrupt_ends_what_runs_and_nothing_else(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            asked = kernel.kernel.execute("print('go', flush=True)\nimport time\nwhile True: time.sleep(0.01)")
            while not any(m.type == "stream" and m.parent_id == asked for m in await kernel.kernel.receive()):
                pass
            kernel.kernel.interrupt()
            assert [m.content["ename"] for m in await kernel.hear(asked) if m.type == "error"] == ["KeyboardInterrupt"]
            assert await kernel.text("print(1)") == "1\n"

    asyncio.run(talk())


def test_it_has_the_folder_the_environment_and_the_log_that_were_asked_for(source, kernel_of, tmp_path):
    async def talk():
        async with kernel_of(source, MINE="a=b\nc") as kernel:
            assert await kernel.text("import os; print(os.getcwd())") == f"{tmp_path}\n"
            assert await kernel.text("print(os.environ['MINE'])") == "a=b\nc\n"
            assert await kernel.text("print(os.environ.get('JUPYTER_FLOWS_NOT_GIVEN'))") == "None\n"
            assert await kernel.text("import sys; print(sys.stdin.read())") == "\n"
            assert await kernel.text("import subprocess; print(subprocess.getoutput('echo $MINE').split())")
            await kernel.text("os.write(sys.stdout._original_stdstream_copy, b'to the log')")
        assert (tmp_path / "kernel.log").read_text() == "to the log"

    os.environ["JUPYTER_FLOWS_NOT_GIVEN"] = "1"
    try:
        asyncio.run(talk())
    finally:
        del os.environ["JUPYTER_FLOWS_NOT_GIVEN"]


def test_what_a_subprocess_prints_is_said_too(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            assert "from a shell" in await kernel.text("!echo from a shell")
            said = await kernel.text("import os, time; os.system('echo directly'); time.sleep(0.3)")
            assert "directly" in said

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import os; os.kill(os.getpid(), 9)", "signal 9 (SIGKILL, maybe out of memory)"),
        ("import os; os._exit(3)", "its process ended with exit status 3"),
        ("import os; os.kill(os.getpid(), 15)", "signal 15 (SIGTERM)"),
    ],
)
def test_a_death_is_noticed_with_its_cause_after_all_it_said(source, kernel_of, code, text):
    async def talk():
        async with kernel_of(source) as kernel:
            said = await kernel.run(f"print('before', flush=True)\n{code}")
            assert "execute_reply" not in types(said, "shell")
            assert str(await kernel.kernel.exited()) == text
            assert await kernel.kernel.receive() == []

    asyncio.run(talk())


def test_a_stop_lets_it_say_farewell(source, kernel_of, tmp_path):
    async def talk():
        async with kernel_of(source) as kernel:
            await kernel.text("import atexit; _ = atexit.register(lambda: open('farewell', 'w').close())")
            await kernel.kernel.stop(grace=60.0)  # however slow the machine is
            assert (await kernel.kernel.exited()).code == 0
            await kernel.kernel.stop()

    asyncio.run(talk())
    assert (tmp_path / "farewell").exists()


def test_a_stop_leaves_nothing_behind(source, kernel_of, tmp_path):
    async def talk():
        async with kernel_of(source) as kernel:
            child = int(await kernel.text("import subprocess; print(subprocess.Popen(['sleep', '100']).pid)"))
            pid = kernel.kernel.pid
            assert os.getpgid(child) == pid == os.getsid(pid)
            await kernel.kernel.stop(grace=0.2)
        return pid, child

    pid, child = asyncio.run(talk())
    assert not psutil.pid_exists(pid)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("grace", [60.0, 0.0])
def test_a_dismissed_kernel_ends_after_its_loop(source, kernel_of, tmp_path, grace):
    async def talk():
        async with kernel_of(source) as kernel:
            await kernel.text("import atexit; _ = atexit.register(lambda: open('farewell', 'w').close())")
            kernel.kernel.dismiss(grace=grace)
            kernel.kernel.dismiss(grace=grace)
            return kernel.kernel.pid

    pid = asyncio.run(talk())
    for thread in [thread for thread in threading.enumerate() if thread.name == "kernel end"]:
        thread.join()
    assert not psutil.pid_exists(pid)
    assert [path.name for path in tmp_path.iterdir()] == (["farewell"] if grace else [])


def test_a_dead_one_can_be_dismissed(source, kernel_of, tmp_path):
    async def talk():
        async with kernel_of(source) as kernel:
            await kernel.run("import os; os._exit(0)")
            await kernel.kernel.exited()
            kernel.kernel.dismiss()
            await kernel.kernel.stop()

    asyncio.run(talk())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("turns", [1, 5])
def test_a_stop_that_is_cut_short_kills(source, kernel_of, turns):
    async def talk():
        async with kernel_of(source) as kernel:
            await kernel.text("import atexit, time; _ = atexit.register(time.sleep, 60)")
            stopping = asyncio.ensure_future(kernel.kernel.stop(grace=60))
            for _ in range(turns):
                await asyncio.sleep(0)
            kernel.kernel._stopping.cancel()
            await asyncio.wait([stopping])
            return kernel.kernel.pid

    pid = asyncio.run(talk())
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(60)


def test_one_that_does_not_listen_is_killed(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            os.kill(kernel.kernel.pid, signal.SIGSTOP)
            await kernel.kernel.stop(grace=0.1)
            assert (await kernel.kernel.exited()).signal == 9

    asyncio.run(talk())


def test_several_kernels_in_one_loop_do_not_mix(source, kernel_of):
    async def one(number):
        async with kernel_of(source) as kernel:
            return await kernel.text(f"print({number})")

    async def all_of_them():
        return await asyncio.gather(*map(one, range(3)))

    assert asyncio.run(all_of_them()) == ["0\n", "1\n", "2\n"]


def test_top_level_await_and_async_work_go_on(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            assert await kernel.text("import asyncio; await asyncio.sleep(0); print('slept')") == "slept\n"

    asyncio.run(talk())


def test_a_flood_of_flushed_lines_arrives_whole(source, kernel_of, at_scale):
    lines = at_scale(5_000, 100_000)

    async def talk():
        async with kernel_of(source) as kernel:
            return await kernel.text(f"for n in range({lines}): print(n, flush=True)")

    assert asyncio.run(talk()).split() == [str(n) for n in range(lines)]


def test_an_interrupt_of_a_flood_loses_no_line_that_was_printed(source, kernel_of):
    flood = "import itertools\nfor n in itertools.count():\n    print(n, flush=n % 3 == 0)\n    last = n"

    async def talk():
        async with kernel_of(source) as kernel:
            for _ in range(3):
                asked, said = kernel.kernel.execute(flood), []
                while sum(m.type == "stream" and m.parent_id == asked for m in said) < 20:
                    said += await kernel.kernel.receive()
                kernel.kernel.interrupt()
                said += await kernel.hear(asked)
                lines = "".join(m.content["text"] for m in said if m.type == "stream" and m.parent_id == asked).split()
                last = int(await kernel.text("print(last)"))
                assert lines[: last + 1] == [str(n) for n in range(last + 1)]
                assert len(lines) <= last + 2

    asyncio.run(talk())


def test_what_threads_print_at_once_arrives_whole_and_in_order(source, kernel_of):
    code = (
        "import threading\n"
        "def say(name):\n"
        "    for n in range(300): print(f'{name}{n}\\n', end='', flush=n % 7 == 0)\n"
        "threads = [threading.Thread(target=say, args=(name,)) for name in 'abc']\n"
        "for thread in threads: thread.start()\n"
        "say('m')\n"
        "for thread in threads: thread.join()"
    )

    async def talk():
        async with kernel_of(source) as kernel:
            return (await kernel.text(code)).split()

    lines = asyncio.run(talk())
    for name in "abcm":
        assert [line for line in lines if line.startswith(name)] == [f"{name}{n}" for n in range(300)]


def test_what_a_forked_child_prints_is_said_too(source, kernel_of):
    code = "import os\nif (pid := os.fork()) == 0:\n    print('child', flush=True)\n    os._exit(0)\nos.waitpid(pid, 0)"

    async def talk():
        async with kernel_of(source) as kernel:
            asked = kernel.kernel.execute(code + "\nprint('parent')")
            said, text = [], ""
            async with asyncio.timeout(10):
                while not ("child" in text and "parent" in text):
                    said += await kernel.kernel.receive()
                    text = "".join(m.content["text"] for m in said if m.type == "stream" and m.parent_id == asked)

    asyncio.run(talk())


def test_what_nobody_takes_stays_with_the_kernel_and_is_not_lost(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            asked = kernel.kernel.execute("for n in range(6_000): print(n, flush=True)")
            async with asyncio.timeout(30):
                while kernel.kernel._channels.waiting < 2_000:  # noqa: ASYNC110 - what the kernel does is seen only there
                    await asyncio.sleep(0.01)
            for _ in range(20):
                await asyncio.sleep(0.01)
                assert kernel.kernel._channels.waiting <= 2_000
            said = await kernel.hear(asked)
            return "".join(message.content["text"] for message in said if message.type == "stream").split()

    assert asyncio.run(talk()) == [str(n) for n in range(6_000)]


def test_a_kernel_that_is_connected_late_drops_nothing_either(kernel_of, monkeypatch):
    def connect_late(addresses, **options):
        deadline = time.monotonic() + 60
        while not Path(addresses.url("hb").removeprefix("ipc://")).exists():  # the last of its sockets
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return Channels(addresses, **options)

    monkeypatch.setattr(live_kernel, "Channels", connect_late)

    async def talk():
        async with kernel_of(SpawnSource()) as kernel:
            asked = kernel.kernel.execute("for n in range(6_000): print(n, flush=True)")
            async with asyncio.timeout(60):
                while kernel.kernel._channels.waiting < 2_000:  # noqa: ASYNC110 - what the kernel does is seen only there
                    await asyncio.sleep(0.01)
            said = await kernel.hear(asked)
            return "".join(message.content["text"] for message in said if message.type == "stream").split()

    assert asyncio.run(talk()) == [str(n) for n in range(6_000)]


def test_a_flood_past_python_does_not_block(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            await kernel.text("import os; _ = [os.write(1, b'x' * 999 + b'\\n') for _ in range(500)]")
            log = "os.write(sys.stdout._original_stdstream_copy, b'y' * 1000)"
            await kernel.text(f"import sys; _ = [{log} for _ in range(500)]")
            assert await kernel.text("print(1)") == "1\n"

    asyncio.run(talk())


def test_letters_printed_past_python_are_whole_however_they_are_read(source, kernel_of):
    if isinstance(source, SpawnSource):
        pytest.skip("ipykernel itself cuts them")

    async def talk():
        async with kernel_of(source) as kernel:
            return await kernel.text("import os; _ = os.write(1, b'x' + 'é'.encode() * 2_000)")

    assert asyncio.run(talk()) == "x" + "é" * 2_000


def test_a_missing_kernel_is_told(source, tmp_path):
    with pytest.raises(KernelNotFound, match="no-such"):
        asyncio.run(source.start(KernelStart("no-such", tmp_path, {}, tmp_path / "log")))


def test_a_cancelled_wait_loses_nothing(source, kernel_of):
    async def talk():
        async with kernel_of(source) as kernel:
            waiting = asyncio.ensure_future(kernel.kernel.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            assert await kernel.text("print(1)") == "1\n"

    asyncio.run(talk())


def test_a_kernel_that_we_cannot_tune_is_reached_by_tcp(kernel_of, tmp_path, monkeypatch):
    folder = tmp_path / "kernels" / "foreign"
    folder.mkdir(parents=True)
    command = f"exec {sys.executable} -Xfrozen_modules=off -m ipykernel_launcher -f $0"
    spec = {"argv": ["sh", "-c", command, "{connection_file}"], "interrupt_mode": "message", "env": {"OWN": "${HOME}!"}}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    async def talk():
        async with kernel_of(SpawnSource(), "foreign", HOME=str(tmp_path)) as kernel:
            assert not kernel.kernel.tells_all
            assert await kernel.text("import os; print(os.environ['OWN'])") == f"{tmp_path}!\n"
            asked = kernel.kernel.execute("print('go', flush=True)\nimport time\nwhile True: time.sleep(0.01)")
            while not any(m.type == "stream" and m.parent_id == asked for m in await kernel.kernel.receive()):
                pass
            kernel.kernel.interrupt()
            assert "KeyboardInterrupt" in [m.content["ename"] for m in await kernel.hear(asked) if m.type == "error"]
            await kernel.kernel.stop()
            assert (await kernel.kernel.exited()).code == 0

    asyncio.run(talk())


def test_a_kernel_that_says_nothing_is_given_up_with_its_last_words(tmp_path, monkeypatch):
    folder = tmp_path / "kernels" / "mute"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["sh", "-c", "echo what now >&2; sleep 100", "{connection_file}"]}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    async def talk():
        kernel = await SpawnSource().start(KernelStart("mute", tmp_path, dict(os.environ), tmp_path / "log"))
        with pytest.raises(KernelDied, match=r"it did not answer within 0\.3 s; it said: what now"):
            await kernel.ready(0.3)
        await kernel.stop(grace=0)

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["/no/such/program"], "the kernel 'bad' did not start: .*No such file"),
        (["sh", "-c", "echo sorry; exit 4"], "it did not start: its process ended with exit status 4; it said: sorry"),
    ],
)
def test_a_kernel_that_cannot_start_says_why(tmp_path, monkeypatch, argv, message):
    folder = tmp_path / "kernels" / "bad"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(f'{{"argv": {argv!r}}}'.replace("'", '"'))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    async def talk():
        kernel = await SpawnSource().start(KernelStart("bad", tmp_path, dict(os.environ), Path(tmp_path / "log")))
        try:
            await kernel.ready()
        finally:
            await kernel.stop(grace=0)

    with pytest.raises(KernelDied, match=message):
        asyncio.run(talk())
