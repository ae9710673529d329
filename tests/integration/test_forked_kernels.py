"""Forked kernels beside spawned ones: the same outputs, less memory, and nothing shared that must differ."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os

import psutil
import pytest

from jupyter_flows.notebooks.kernel.fork_servers import ForkServers, read_once
from jupyter_flows.notebooks.kernel.forked import ForkSource, NotForked, can_fork
from jupyter_flows.notebooks.kernel.spawned import SpawnSource

PACKAGES = frozenset({"numpy", "pandas", "matplotlib"})

if not can_fork():
    pytest.skip("kernels are forked on Linux only", allow_module_level=True)

with_packages = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not all(map(importlib.util.find_spec, PACKAGES)),
    reason="numpy, pandas or matplotlib is not installed; with CI=true nothing is skipped",
)


class Forked(ForkSource):
    """Forks always, also the first time."""

    async def start(self, start):
        with contextlib.suppress(NotForked):
            return await super().start(start)
        return await super().start(start)


@pytest.fixture(scope="module", params=[0, 1], ids=["forked", "spare"])
def forked(request):
    servers = ForkServers(spares=request.param)
    yield Forked(servers)
    servers.close()


TYPICAL = [
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "frame = pd.DataFrame({'a': np.arange(20), 'b': np.arange(20) ** 2}); frame",
    "frame.describe()",
    "plt.plot(frame.a, frame.b)",
    "figure, axes = plt.subplots(); axes.bar([1, 2], [3, 4]); plt.show()",
    "figure",
    "print(plt.isinteractive(), plt.get_backend(), plt.rcParams['figure.dpi'], plt.rcParams['savefig.dpi'])",
    "import matplotlib; matplotlib.rcParams == matplotlib.rcParamsDefault, np.get_printoptions()",
    "%matplotlib inline\nplt.plot([1, 2, 3]);",
    "import sys, os, locale; print(sys.path, sys.flags, sys.stdout.encoding, locale.getlocale(), sys.argv[0])",
    "print(pd.get_option('display.width'), pd.get_option('display.encoding').upper(), os.environ['MPLBACKEND'])",
    "print(sorted(set(os.environ) - {'JPY_PARENT_PID'}), [os.environ.get(n) for n in ('TERM', 'PAGER', 'CLICOLOR')])",
    "import warnings; [str(f)[:60] for f in warnings.filters]",
    "1 / 0",
    "!echo shell",
    "%%bash\necho from bash",
    "from concurrent.futures import ProcessPoolExecutor as P\nwith P(2) as p: print(list(p.map(abs, [-1, 2])))",
    "from IPython.display import HTML, Markdown, display; display(HTML('<b>x</b>'), Markdown('*y*'))",
]


def outputs(said):
    """What a notebook would keep of a cell, without what differs from time to time."""
    kept = []
    for message in said:
        content = message.content
        if message.type == "stream" and kept and kept[-1][0] == content["name"]:
            kept[-1] = (content["name"], kept[-1][1] + content["text"])
        elif message.type == "stream":
            kept.append((content["name"], content["text"]))
        elif message.type in {"display_data", "execute_result"}:
            kept.append((message.type, sorted(content["data"]), content["metadata"], content["data"].get("image/png")))
        elif message.type == "error":
            kept.append(("error", content["ename"], content["evalue"], len(content["traceback"])))
    return kept


@with_packages
def test_a_typical_notebooks_outputs_are_those_of_a_spawned_kernel(forked, kernel_of):
    async def talk(source):
        async with kernel_of(source, imports=PACKAGES, uses=True) as kernel:
            return [outputs(await kernel.run(code)) for code in TYPICAL]

    async def both():
        return await asyncio.gather(talk(SpawnSource()), talk(forked))

    spawned, by_fork = asyncio.run(both())
    for code, wanted, found in zip(TYPICAL, spawned, by_fork, strict=True):
        assert found == wanted, code
    assert any("image/png" in part[1] for part in by_fork[3])


@with_packages
def test_packages_are_loaded_before_and_shared(forked, kernel_of):
    load = "import numpy, pandas, matplotlib.pyplot, psutil; print(psutil.Process().memory_full_info().uss)"

    async def own_memory(source):
        async with kernel_of(source, imports=PACKAGES) as kernel:
            return int(await kernel.text(load))

    async def both():
        async with kernel_of(forked, imports=PACKAGES) as kernel:
            assert (await kernel.text("import sys; print('pandas' in sys.modules)")) == "True\n"
        return await own_memory(forked), await own_memory(SpawnSource())

    by_fork, spawned = asyncio.run(both())
    assert by_fork <= 0.35 * spawned


@with_packages
def test_what_was_tried_out_before_a_notebook_leaves_nothing_to_see(forked, kernel_of):
    look = (
        "import matplotlib.pyplot as plt, numpy as np, pandas as pd, warnings\n"
        "print(plt.get_fignums(), get_ipython().execution_count, Out, np.geterr(),"
        " dict(plt.rcParams) == dict(plt.rcParamsDefault), len(warnings.filters), sorted(globals()))"
    )

    async def looks(source):
        async with kernel_of(source, imports=PACKAGES, uses=True) as kernel:
            return await kernel.text(look)

    async def both():
        return await asyncio.gather(looks(forked), looks(SpawnSource()))

    by_fork, spawned = asyncio.run(both())
    assert by_fork == spawned


@with_packages
def test_what_is_drawn_by_chance_differs_in_every_fork(forked, kernel_of):
    draw = (
        "import json, os, random, uuid, numpy, ssl, tempfile, secrets, multiprocessing\n"
        "print(json.dumps([random.random(), numpy.random.rand(), numpy.random.default_rng().random(),"
        " str(uuid.uuid4()), str(uuid.uuid1()), ssl.RAND_bytes(8).hex(), tempfile.mktemp(),"
        " secrets.token_hex(), os.getpid(), multiprocessing.current_process().authkey.hex()]))"
    )

    async def one():
        async with kernel_of(forked, imports=frozenset({"numpy"})) as kernel:
            return json.loads(await kernel.text(draw))

    async def several():
        return await asyncio.gather(*[one() for _ in range(4)])

    for drawn in zip(*asyncio.run(several()), strict=True):
        assert len(set(drawn)) == 4, drawn


def test_a_kernel_without_those_imports_does_not_load_them(forked, kernel_of):
    async def talk():
        async with kernel_of(forked) as kernel:
            loaded = await kernel.text(
                "import sys; print(sorted({'numpy', 'pandas', 'jupyter_flows'} & set(sys.modules)))"
            )
            assert loaded == "[]\n"

    asyncio.run(talk())


def test_many_threads_and_a_new_timezone(forked, kernel_of):
    async def talk():
        async with kernel_of(forked, TZ="Asia/Tokyo") as kernel:
            assert await kernel.text("import time; print(time.tzname[0])") == "JST\n"
            threads = "from concurrent.futures import ThreadPoolExecutor as T; print(sum(T(4).map(abs, range(100))))"
            assert await kernel.text(threads) == "4950\n"

    asyncio.run(talk())


def test_startup_files_see_the_kernels_own_folder_and_environment(forked, kernel_of, tmp_path):
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "first.py").write_text("import os; seen = (os.getcwd(), os.environ['MINE'])")

    async def talk():
        async with kernel_of(forked, IPYTHONDIR=str(tmp_path / "ipython"), MINE="1") as kernel:
            assert await kernel.text("print(seen)") == f"{(str(tmp_path), '1')}\n"

    asyncio.run(talk())


def test_what_programs_print_is_said_of_the_cell_that_runs_them(forked, kernel_of):
    async def talk():
        async with kernel_of(forked) as kernel:
            await kernel.run("import os")
            return [await kernel.text(f"_ = os.system('echo {n}; echo {n} >&2')") for n in range(20)]

    assert asyncio.run(talk()) == [f"{n}\n{n}\n" for n in range(20)]


def test_an_environment_of_any_size_reaches_it(forked, kernel_of):
    large = {f"LARGE_{number}": "x" * 100_000 for number in range(10)}

    async def talk():
        async with kernel_of(forked, **large) as kernel:
            assert await kernel.text("import os; print(len(os.environ['LARGE_9']))") == "100000\n"

    asyncio.run(talk())


def test_it_knows_nothing_of_its_server(forked, kernel_of):
    async def talk():
        async with kernel_of(forked) as kernel:
            handles = await kernel.text("import os; print([os.readlink(f'/proc/self/fd/{n}') for n in '0'])")
            assert handles == "['/dev/null']\n"
            assert await kernel.text("import gc; print(gc.isenabled())") == "True\n"
            assert await kernel.text("import __main__; print(__main__.__name__, hasattr(__main__, 'main'))") == (
                "__main__ False\n"
            )
            assert psutil.Process(kernel.kernel.pid).children() == []

    asyncio.run(talk())


def test_variables_that_are_read_once_are_told_from_those_that_are_not():
    environment = {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": "a",
        "JUPYTER_FLOWS_RUN": "b",
        "PATH": "c",
        "LD_LIBRARY_PATH": "d",
    }
    assert [name for name, _ in read_once(environment)] == ["LD_LIBRARY_PATH", "OMP_NUM_THREADS", "PYTHONPATH"]
