from __future__ import annotations

from dataclasses import replace

from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.run_picture import picture_of_run


def lines(image: Picture) -> dict[str, str]:
    return {placed.node.title: placed.node.subtitle for placed in image.nodes}


def arrows(image: Picture) -> set[tuple[str, str, bool]]:
    title = {placed.node.key: placed.node.title for placed in image.nodes}
    return {(title[curve.source], title[curve.target], curve.calls) for curve in image.curves}


def test_each_box_says_what_one_would_want_to_know(samples):
    run, tasks, failures = samples.midflight()
    image = picture_of_run(run, tasks, failures, retries={"clean": 3}, now=samples.noon + 12.4)
    assert lines(image) == {
        "extract": "1.2 s",
        "weather": "from run #41, 2 h ago",
        "planes": "0.4 s · 3 tries",
        "join": "0.3 s",
        "clean": "try 2 of 4 · in 8 s",
        "score": "9 of 16, 1 failed · 12 s",
        "report.ipynb": "waits for score, clean",
        "notify": "waits for report.ipynb",
    }


def test_children_of_a_map_are_one_box_with_counts(samples):
    run, tasks, _ = samples.midflight()
    score = next(placed.node for placed in picture_of_run(run, tasks).nodes if placed.node.title == "score")
    assert (score.kind, score.state_name) == ("map", "Running")
    assert score.counts == {"Completed": 8, "Failed": 1, "Running": 4, "Pending": 3}


def test_upstreams_become_edges_and_those_of_a_map_merge(samples):
    run, tasks, _ = samples.midflight()
    assert arrows(picture_of_run(run, tasks)) == {
        ("extract", "join", False),
        ("weather", "join", False),
        ("join", "clean", False),
        ("planes", "clean", False),
        ("join", "score", False),
        ("score", "report.ipynb", False),
        ("clean", "report.ipynb", False),
        ("report.ipynb", "notify", False),
    }


def test_a_depth_first_map_over_a_map_is_two_boxes_and_one_edge(samples):
    make = samples.task_run
    first = [make(1 + i, "a", map_id=1, map_index=i) for i in range(5)]
    second = [make(6 + i, "b", upstreams=(1 + i,), map_id=6, map_index=i) for i in range(5)]
    assert arrows(picture_of_run(samples.flow_run(), first + second)) == {("a", "b", False)}


def test_cells_follow_one_another_unless_they_name_their_upstreams(samples):
    cells = [samples.task_run(number, f"cell {number}", kind="cell") for number in (1, 2, 3)]
    cells.append(samples.task_run(4, "cell 4", upstreams=(1,), kind="cell"))
    image = picture_of_run(samples.flow_run(), cells)
    assert arrows(image) == {("cell 1", "cell 2", False), ("cell 2", "cell 3", False), ("cell 1", "cell 4", False)}


def test_a_task_called_by_another_hangs_below_it(samples):
    tasks = [samples.task_run(1, "outer"), samples.task_run(2, "next", upstreams=(1,))]
    tasks.append(samples.task_run(3, "inner", parent=1))
    image = picture_of_run(samples.flow_run(), tasks)
    assert arrows(image) == {("outer", "next", False), ("outer", "inner", True)}
    at = {placed.node.title: placed for placed in image.nodes}
    assert at["outer"].y == at["next"].y < at["inner"].y


def test_the_header_names_flow_run_parameters_and_failures_of_a_live_run(samples):
    run, tasks, _ = samples.midflight()
    header = picture_of_run(run, tasks, now=samples.noon + 12.4).header
    assert header is not None
    assert (header.title, header.subtitle, header.alert, header.time) == (
        "flights-daily",
        "#42 · day = 2013-01-15",
        "1 failed",
        "12 s",
    )
    assert sum(header.counts.values()) == len(tasks)


def test_the_cause_is_the_first_failure_of_its_own_not_one_that_followed(samples):
    run, tasks, failures = samples.diamond()
    assert picture_of_run(run, tasks, failures).cause == "enrich: KeyError: 'carrier'"


def test_a_failed_child_is_named_by_its_index(samples):
    run, tasks, failures = samples.midflight()
    assert picture_of_run(run, tasks, failures).cause == "score[8]: ZeroDivisionError: float division by zero"


def test_several_failures_are_counted(samples):
    tasks = [samples.task_run(n, "t", "Failed", message="ValueError: no", map_id=1, map_index=n - 1) for n in (1, 2, 3)]
    assert picture_of_run(samples.flow_run("Failed"), tasks).cause == "t[0]: ValueError: no · and 2 more failed"


def test_a_flow_that_fails_by_itself_says_so(samples):
    run = samples.flow_run("Failed")
    assert picture_of_run(run, []).cause == ""
    assert picture_of_run(run, []).notice == "no task has run"
    assert picture_of_run(samples.flow_run("Running"), []).notice == "no task has started yet"


def test_a_run_that_ended_well_has_no_cause(samples):
    assert picture_of_run(samples.flow_run(), [samples.task_run(1, "a")]).cause == ""


def test_bad_parameters_of_an_old_run_do_not_stop_the_picture(samples):
    for parameters in ("", "not json", "[1]", '{"a": {"b": [1, 2]}, "c": null, "d": 1, "e": 2}'):
        assert picture_of_run(samples.flow_run(parameters=parameters), []).header is not None


def test_a_thousand_tasks_fold_and_the_picture_says_so(samples):
    tasks = [samples.task_run(1, "start")]
    tasks += [samples.task_run(n, "work", upstreams=(1,)) for n in range(2, 1002)]
    image = picture_of_run(samples.flow_run(), tasks)
    assert [placed.node.title for placed in image.nodes] == ["start", "work"]
    assert image.nodes[1].node.counts == {"Completed": 1000}
    assert "1,001 tasks folded into 2 boxes" in image.notice


def test_states_of_a_users_own_are_counted_by_their_kind(samples):
    tasks = [samples.task_run(n, "t", map_id=1) for n in (1, 2)]
    tasks[0] = replace(tasks[0], state=replace(tasks[0].state, name="Loaded"))
    assert picture_of_run(samples.flow_run(), tasks).nodes[0].node.counts == {"Completed": 2}
