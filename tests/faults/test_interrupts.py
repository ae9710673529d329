"""Ctrl-C at any moment: everything final at once, store and memory agree, the next flow works."""

from __future__ import annotations

import json

import pytest

# Shoots SIGINT into its own process at seeded moments while `once` runs over and over, and looks around after each.
SHOOTER = """
import asyncio, faulthandler, gc, json, os, random, signal, sqlite3, sys, threading, time
from jupyter_flows import flow, task
from jupyter_flows.drivers import interrupts
from jupyter_flows.drivers.context import FRAME
from jupyter_flows.settings import load_settings
from jupyter_flows.wiring import current_session

faulthandler.dump_traceback_later(100, exit=True)
FINAL = {"completed", "failed", "crashed", "cancelled"}
moments, seed, longest = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
chance = random.Random(seed)
futures, values = [], []

@task
def add(x, y=1):
    values.append(x)
    return x + y

@task
async def add_async(x):
    await asyncio.sleep(0)
    return x + 1

@flow
def chain():
    values.clear()
    futures.clear()
    x = 0
    for _ in range(30):
        x = add(x)
    return x

@flow
def mapped():
    futures.clear()
    children = add.map(list(range(40)))
    futures.extend(children)
    return sum(children.result())

@flow
async def awaited():
    futures.clear()
    x = 0
    for _ in range(10):
        x = await add_async(x)
    futures.extend(add_async.map(list(range(20))))
    return x + sum([await future for future in futures])

def hook(subject, run, state):
    for _ in range(20):
        time.sleep(0)

hooked_add = add.with_options(on_completion=hook, on_cancellation=hook)

@flow(on_completion=hook, on_cancellation=hook, on_running=hook)
def hooked():
    futures.clear()
    children = hooked_add.map(list(range(10)))
    futures.extend(children)
    for x in range(10):
        hooked_add(x)
    return sum(children.result())

def loose():
    futures.clear()
    futures.append(add.submit(1))
    futures[-1].result()
    add(2)

ONCE
for _ in range(3):
    once()  # what is imported late is imported now

store = sqlite3.connect(load_settings().database_path, isolation_level=None)
landed = threading.Event()

def shoot(delay):
    time.sleep(delay)
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGINT)
        if landed.wait(5):
            return
    faulthandler.dump_traceback()
    os._exit(3)

def be_shot(delay):
    landed.clear()
    thread = threading.Thread(target=shoot, args=(delay,))
    try:
        thread.start()
        while True:
            once()
    except KeyboardInterrupt as error:
        landed.set()
        where = [frame.f_code.co_name for frame in frames(error)]
    thread.join()
    return where

def wait_until(holds):
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)

def frames(error):
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next

def rows(query):
    return store.execute(query).fetchall()

def look(where):
    if once is loose:  # what was submitted outside any flow goes on when somebody stops waiting for it
        wait_until(lambda: not current_session().live_runs() and all(future.done() for future in futures))
    open_runs = rows("select id, state_name from flow_runs where ended_at is null")
    open_tasks = rows("select flow_run_id, number, state_name from task_runs where ended_at is null")
    assert not open_runs and not open_tasks, (where, open_runs, open_tasks)
    for future in futures:
        call = future._call
        row = rows(f"select state_name from task_runs where flow_run_id = '{call.run.id}' and number = {call.number}")
        assert future.done() or not row, (where, future, row)
        assert not row or row[0][0] == future.state.name, (where, future, row)
    assert not current_session().live_runs(), where
    assert FRAME.get() is None, (where, FRAME.get())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, where
    assert not interrupts._active, (where, interrupts._active)
    once()
    last = rows("select state_name, parent_run_id from flow_runs order by created_at desc limit 1")
    assert last == [("Completed", None)], (where, last)

seen = {}
for moment in range(moments):
    where = be_shot(chance.random() * longest)
    seen[where[-1] if where else "?"] = seen.get(where[-1] if where else "?", 0) + 1
    look(where)
states = dict(rows("select state_name, count(*) from flow_runs group by 1"))
print(json.dumps({"where": seen, "states": states}))
"""

BODIES = {
    "a chain": ("once = chain", 0.012),
    "a map": ("once = mapped", 0.012),
    "an async flow": ("once = lambda: asyncio.run(awaited())", 0.02),
    "a flow with hooks": ("once = hooked", 0.012),
    "tasks outside any flow": ("once = loose", 0.006),
}


@pytest.mark.parametrize("body", BODIES)
def test_an_interrupt_at_any_moment_leaves_everything_final(body, scripts, at_scale):
    once, longest = BODIES[body]
    moments = at_scale(20, 200)
    out = scripts.run(SHOOTER.replace("ONCE", once), moments, 1, longest, seconds=110)
    assert set(json.loads(out)["states"]) <= {"Completed", "Cancelled"}


STUCK = """
import os, signal, threading
from jupyter_flows import flow, task
from jupyter_flows.wiring import default_task_runner

begun = []

@task
def stuck(x):
    begun.append(x)
    threading.Event().wait(60)

@task
def add(x):
    return x + 1

@flow
def body():
    futures = stuck.map(list(range(40)))
    while len(begun) < 8 * turn:
        threading.Event().wait(0.001)
    os.kill(os.getpid(), signal.SIGINT)
    return futures.result()

@flow
def after():
    return sum(add.map(list(range(20))).result())

for turn in range(1, 4):
    try:
        body()
    except KeyboardInterrupt:
        pass
    assert after() == 210
    assert len(begun) == 8 * turn, begun
"""


def test_threads_that_do_not_come_back_are_replaced_and_begin_nothing_that_was_cancelled(scripts):
    scripts.run(STUCK, seconds=100)


INTERRUPTED_LIMIT = """
import os, signal, threading, time
from jupyter_flows import concurrency, flow, set_concurrency_limit, task

set_concurrency_limit("one", 1)

@task(tags=["one"])
def held(how):
    if how == "main":
        os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(0 if how == "quick" else 60)
    return how

@task(tags=["one"], timeout_seconds=0.2)
def slow():
    threading.Event().wait(60)

@flow
def direct():
    held("main")

@flow
def pooled():
    futures = [held.submit("long"), held.submit("long")]
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)
    futures[0].result()

@flow
def timed():
    return slow.submit().result()

@flow
def block():
    with concurrency("one"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

@flow
def waits():
    with concurrency("one"):
        future = held.submit("quick")
        os.kill(os.getpid(), signal.SIGINT)
        future.result()

@flow
def after():
    with concurrency("one", timeout_seconds=50):
        pass
    return [held("quick"), held.submit("quick").result(), *held.map(["quick"] * 3).result()]

for body in [direct, pooled, timed, block, waits] * 3:
    try:
        body()
    except (KeyboardInterrupt, TimeoutError):
        pass
    assert after() == ["quick"] * 5
"""


def test_slots_of_what_was_interrupted_or_timed_out_come_back(scripts):
    scripts.run(INTERRUPTED_LIMIT, seconds=100)
