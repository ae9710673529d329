"""What runs attached to be looked at, and the files that they wrote."""

from __future__ import annotations

from pathlib import PurePosixPath

from jupyter_flows.cli.as_json import artifact_json
from jupyter_flows.errors import FileNotServed
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.wording import run_label
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.file_answer import SHOWN, FileAnswer, open_file
from jupyter_flows.server.run_detail import file_of
from jupyter_flows.server.shapes.artifacts import Artifact, ArtifactList
from jupyter_flows.server.shapes.queries import ArtifactQuery, ContentQuery

_MOST = 1000


def list_artifacts(asked: Asked[ArtifactQuery, None]) -> ArtifactList:
    """List what a run attached: of each key the newest, or the history of one key."""
    query, store = asked.query, asked.site.door.reader()
    run = store.flow_run(asked.run)
    found = [one for one in store.artifacts(run.id) if query.number in {None, one.number}]
    found = [one for one in found if one.key == query.key] if query.key else _newest(found)
    labels = {one.number: run_label(one) for one in store.task_runs(run.id)} if found else {}
    return ArtifactList(artifacts=[_shape(one, run, labels) for one in found[:_MOST]])


def artifact_content(asked: Asked[ContentQuery, None]) -> FileAnswer:
    """Give the file of an artifact."""
    store = asked.site.door.reader()
    run, wanted = store.flow_run(asked.run), asked.ids["artifact"]
    found = next((one for one in store.artifacts(run.id) if one.id == wanted), None)
    if found is None or not _is_file(found):
        raise FileNotServed(run.id, "such artifact", "there is none of this id that is a file")
    return open_file(run, found.location, download=asked.query.download)


def run_file(asked: Asked[ContentQuery, None]) -> FileAnswer:
    """Give a file that a notebook run wrote."""
    run = asked.site.door.reader().flow_run(asked.run)
    what = asked.ids["file"]
    name = file_of(run, what)
    if not name:
        raise FileNotServed(run.id, what, "it is no run of a notebook")
    return open_file(run, name, page=True, download=asked.query.download or what == "notebook")


def _newest(artifacts: list[ArtifactKept]) -> list[ArtifactKept]:
    """Of each key the newest; what has no key stays. They come newest first."""
    seen: set[str] = set()
    kept: list[ArtifactKept] = []
    for one in artifacts:
        if one.key and one.key in seen:
            continue
        seen.add(one.key)
        kept.append(one)
    return kept


def _is_file(one: ArtifactKept) -> bool:
    return bool(one.location) and "://" not in one.location


def _shape(one: ArtifactKept, run: FlowRun, labels: dict[int, str]) -> Artifact:
    told = artifact_json(one, run)
    del told["path"]
    url = told["url"]
    told["url"] = url if url and url.lower().startswith(("http://", "https://")) else None
    is_file = _is_file(one)
    told["content"] = f"/runs/{run.id}/artifacts/{one.id}/content" if is_file else None
    told["shown"] = _way(one.location) if is_file else "none"
    told["description"] = plain(one.description, 2000)
    told["task"] = plain(labels.get(one.number, ""), 200)
    return Artifact.model_validate(told)


def _way(location: str) -> str:
    kind = SHOWN.get(PurePosixPath(location).suffix.lower(), "")
    return "image" if kind.startswith("image/") else "text" if kind else "download"


__all__ = ["artifact_content", "list_artifacts", "run_file"]
