"""Resources: set up before, cleaned up after, whatever happens in between."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false

from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows import Flow, Parameter, resource_manager, task
from jupyter_flows.errors import BadOption
from jupyter_flows.signals import PAUSE, SKIP

LOG: list[Any] = []


@pytest.fixture(autouse=True)
def empty_log():
    LOG.clear()


@resource_manager
class Cluster:
    def __init__(self, size, fails=""):
        self.size, self.fails = size, fails
        self.meet("init")

    def meet(self, where):
        LOG.append((where, self.size))
        if self.fails == where:
            raise ValueError(where)
        if self.fails == f"skip {where}":
            raise SKIP

    def setup(self):
        self.meet("setup")
        return self.size * 10

    def cleanup(self, client):
        assert client == self.size * 10
        self.meet("cleanup")


@task
def use(client, by="use"):
    LOG.append((by, client))
    return client + 1


@task
def boom(client):
    raise ValueError


def ends(state):
    return {node.slug: end.name for node, end in state.tasks.items()}


def test_the_resource_is_there_for_the_tasks_of_its_block():
    with Flow("f") as f:
        size = Parameter("size", default=2)
        with Cluster(size) as client:
            used = use(client)
        after = use(used, by="after")
    state = f.run(size=3)
    assert state.is_completed()
    assert LOG[:3] == [("init", 3), ("setup", 3), ("use", 30)]
    assert set(LOG[3:]) == {("cleanup", 3), ("after", 31)}
    assert state[after].result() == 32
    assert [task.slug for task in f.reference_tasks()] == ["use-2"]


def test_a_task_that_needs_nothing_of_it_runs_between_setup_and_cleanup_too():
    with Flow("f") as f, Cluster(1):
        use(5)
    f.run()
    assert LOG == [("init", 1), ("setup", 1), ("use", 5), ("cleanup", 1)]


@pytest.mark.parametrize("inner", ["fails", "skips", "map fails"])
def test_the_cleanup_runs_whatever_became_of_the_tasks(inner):
    @task
    def skips(client):
        raise SKIP

    with Flow("f") as f, Cluster(1) as client:
        {"fails": boom, "skips": skips, "map fails": lambda client: boom.map([1, 2])}[inner](client)
    state = f.run()
    assert LOG[-1] == ("cleanup", 1)
    assert state.name == ("Completed" if inner == "skips" else "Failed")


@pytest.mark.parametrize("where", ["init", "setup", "skip init", "skip setup"])
def test_what_was_not_set_up_is_not_cleaned_up(where):
    with Flow("f") as f, Cluster(1, where) as client:
        use(client)
    state = f.run()
    found = ends(state)
    assert found["Cluster.cleanup"] == "Skipped"
    assert found["use"] == ("Skipped" if where.startswith("skip") else "TriggerFailed")
    assert state.is_completed() == where.startswith("skip")
    assert "cleanup" not in {word for word, _ in LOG}


def test_a_cleanup_that_raises_is_seen_and_decides_nothing():
    with Flow("f") as f, Cluster(1, "cleanup") as client:
        use(client)
    state = f.run()
    assert (state.name, ends(state)["Cluster.cleanup"]) == ("Completed", "Failed")
    (cleanup,) = f.get_tasks(name="Cluster.cleanup")
    f.set_reference_tasks([cleanup])
    assert f.run().is_failed()


def test_resources_may_lie_in_each_other():
    with Flow("f") as f, Cluster(1) as outer, Cluster(outer) as inner:
        boom(inner)
    f.run()
    assert LOG == [("init", 1), ("setup", 1), ("init", 10), ("setup", 10), ("cleanup", 10), ("cleanup", 1)]


def test_a_pause_inside_leaves_the_resource_for_the_next_attempt():
    @task
    def pauses(client):
        raise PAUSE

    with Flow("f") as f, Cluster(1) as client:
        pauses(client)
    assert (f.run().name, LOG[-1]) == ("Suspended", ("setup", 1))


def test_the_three_tasks_have_options_of_their_own():
    kwargs = {"init_task_kwargs": {"tags": ["a"]}, "setup_task_kwargs": {"retries": 2}}

    @resource_manager(name="Db", cleanup_task_kwargs={"name": "close"}, **kwargs)
    class Database:
        def setup(self):
            LOG.append(len(LOG))
            if len(LOG) < 3:
                raise ValueError

        def cleanup(self, value):
            pass

    with Flow("f") as f, Database():
        use(1)
    state = f.run()
    assert (state.is_completed(), LOG[:3]) == (True, [0, 1, 2])
    assert list(ends(state)) == ["Db", "Db.setup", "use", "close"]
    assert f.get_tasks(tags=["a"])[0].slug == "Db"


def test_outside_a_graph_it_is_its_class():
    assert Cluster(4).setup() == 40


@pytest.mark.parametrize(
    ("given", "message"), [(5, "decorate a class"), (type("X", (), {"setup": print}), "define a method 'cleanup'")]
)
def test_what_is_no_resource_is_refused(given, message):
    with pytest.raises(BadOption, match=message):
        resource_manager(given)
