"""Whole scripts whose start and end are what is timed."""

from __future__ import annotations

IMPORT_FLOOR = "import concurrent.futures, sqlite3"

IMPORT = "from jupyter_flows import flow, task"

HELLO_FLOOR = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    assert pool.submit(lambda: "hello").result() == "hello"
"""

HELLO = """
from jupyter_flows import flow, task

@task
def say():
    return "hello"

@flow
def hello():
    return say()

assert hello() == "hello"
"""

IMPORT_MEMORY = """
from jupyter_flows import flow, task
import json, resource
print(json.dumps({"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""
