"""One run as an HTML page that needs nothing else: no network, no script, and whatever names and logs say is text."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import markup, plain
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.timeline import timeline_of_run
from jupyter_flows.graph.timeline_svg import timeline_svg
from jupyter_flows.model.records import ArtifactKept
from jupyter_flows.model.runs import FlowRun, LogLine, TaskRun
from jupyter_flows.model.secret_reference import SecretReference, referred
from jupyter_flows.model.states import State
from jupyter_flows.services.recorded_run import RunRecord

_TASKS, _LINES = 2_000, 5_000  # more would make a page that no browser likes; all are in the files beside it
_IMAGE_BYTES = 4_000_000  # up to where an image becomes part of the page
_TABLE_BYTES = 200_000
_IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
_IMAGES |= {".svg": "image/svg+xml", ".webp": "image/webp"}
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), 0x61C, 0x200E, 0x200F], "\ufffd")
_CONTROLS |= dict.fromkeys([*range(0x2028, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)], "\ufffd")

_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1f2328;--mut:#57606a;--line:#d0d7de;--soft:#f6f8fa;--bad:#cf222e;
--link:#0969da}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#e6edf3;--mut:#9da7b3;--line:#3d444d;--soft:#161b22;
--bad:#ff8a80;--link:#58a6ff}}
body{margin:0 auto;max-width:1240px;padding:24px 20px 60px;background:var(--bg);color:var(--ink);
font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:32px 0 8px}a{color:var(--link)}
.state{font-weight:600}.mut{color:var(--mut)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:12px 0}
dt{color:var(--mut)}dd{margin:0;overflow-wrap:anywhere}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--mut);font-weight:500;white-space:nowrap}
pre,.log{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--soft);
border:1px solid var(--line);border-radius:8px;padding:10px 12px;overflow-x:auto;
white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
.cause{border-left:4px solid var(--bad);padding-left:14px}.WARNING{color:#9a6700}.ERROR,.CRITICAL{color:var(--bad)}
figure{margin:12px 0}figure img{max-width:100%;background:#fff;border:1px solid var(--line);border-radius:8px}
@media(prefers-color-scheme:dark){.WARNING{color:#d29922}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def run_page(record: RunRecord, files: Mapping[str, Path], now: float) -> str:
    """Write the page.

    Parameters
    ----------
    record
        The run.
    files
        What lies beside the page: its address relative to it, and where to read it.
    now
        Seconds since the epoch, for a run that has not ended.

    Returns
    -------
    str
        A whole HTML document. It runs nothing and fetches nothing.
    """
    run = record.run
    title = f"{plain(run.flow, 200)} #{run.serial}"
    parts = [*_head(run, title, now), *_cause(record), *_graph(record, now), *_tasks(record, now)]
    parts += [*_artifacts(record, files), *_called(record.children, now), *_log(record), *_files(files)]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f"<title>{markup(title)}: {markup(run.state.name)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _head(run: FlowRun, title: str, now: float) -> Iterator[str]:
    yield f"<h1>{markup(title)}</h1>"
    took = elapsed(run.started_at, run.ended_at, now)
    yield f'<p>{_state(run.state)} <span class="mut">{f"in {took}" if run.ended_at else f"for {took}"}</span></p>'
    facts = [
        ("message", run.state.message),
        ("id", run.id),
        ("name", run.name),
        ("started", _instant(run.started_at)),
        ("ended", _instant(run.ended_at)),
        ("attempts", str(run.attempts)),
        *((f"parameter {name}", value) for name, value in _parameters(run)),
        ("tags", ", ".join(run.tags)),
        ("called by", run.parent_run_id or ""),
    ]
    shown = "".join(f"<dt>{markup(name)}</dt><dd>{markup(value)}</dd>" for name, value in facts if value)
    yield f"<dl>{shown}</dl>"


def _cause(record: RunRecord) -> Iterator[str]:
    cause = record.cause
    if cause is None or (cause.failure is None and cause.task is None):
        return
    task, failure = cause.task, cause.failure
    where = "the flow's own code" if task is None else f"{task.kind} {task.number}: {task.name}"
    state = (task or cause.path[-1]).state
    yield '<h2>Why it failed</h2><div class="cause">'
    yield f"<p>First failed: <strong>{markup(where)}</strong></p>"
    yield f"<p>{markup(failure.message if failure else state.message or state.name)}</p>"
    if failure is not None and failure.inputs:
        given = "".join(f"<dt>{markup(name)}</dt><dd>{markup(value)}</dd>" for name, value in failure.inputs.items())
        yield f"<dl>{given}</dl>"
    if failure is not None and failure.traceback:
        yield f"<pre>{_text(failure.traceback)}</pre>"
    yield "</div>"


def _graph(record: RunRecord, now: float) -> Iterator[str]:
    if not record.task_runs:
        return
    at = None if record.run.state.is_final() else now
    drawn = RunGraph(picture_of_run(record.run, record.task_runs, record.failures, now=at))
    yield f'<h2>Graph</h2><div class="scroll">{drawn.html()}</div>'
    timeline = timeline_of_run(record.run, record.task_runs, record.states, now=at)
    yield f'<h2>Timeline</h2><div class="scroll">{timeline_svg(timeline)}</div>'


def _tasks(record: RunRecord, now: float) -> Iterator[str]:
    runs = record.task_runs
    if not runs:
        return
    shown = sorted(runs, key=lambda run: (run.state.name == "Completed", run.number))[:_TASKS]
    rows = "".join(_task(run, now) for run in sorted(shown, key=lambda run: run.number))
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("#", "Task", "State", "Took", "Tries", "Message"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    yield f'<h2>Task runs</h2><div class="scroll">{table}</div>'
    if len(shown) < len(runs):
        yield f'<p class="mut">{len(runs) - len(shown):,} more are in run.json.</p>'


def _task(run: TaskRun, now: float) -> str:
    name = f"{run.name} [{run.map_index}]" if run.map_id and run.name == run.task else run.name
    cells = (
        markup(str(run.number)),
        markup(name),
        _state(run.state),
        markup(elapsed(run.started_at, run.ended_at, now)),
        str(run.attempts),
        markup(run.state.message),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _artifacts(record: RunRecord, files: Mapping[str, Path]) -> Iterator[str]:
    if record.artifacts:
        yield "<h2>Artifacts</h2>"
    for one in reversed(record.artifacts):
        said = ": ".join(part for part in (one.key or one.kind, one.description) if part)
        yield f"<figure><figcaption>{markup(said)}</figcaption>{_artifact(one, files)}</figure>"


def _artifact(one: ArtifactKept, files: Mapping[str, Path]) -> str:
    if one.progress is not None:
        return f"<p>{one.progress:.0%}</p>"
    if "://" in one.location:
        return f"<p>{markup(one.location)}</p>"  # as text: it may lead anywhere, and need not be what it says
    address = f"files/{one.location}"
    path = files.get(address)
    if path is None:
        return '<p class="mut">its file is not there any more</p>'
    media = _IMAGES.get(path.suffix.lower())
    if media is not None and path.stat().st_size <= _IMAGE_BYTES:
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        return f'<img alt="{markup(one.description or one.key or one.kind)}" src="data:{media};base64,{content}">'
    if one.kind == "table" and (table := _table(path.with_suffix(".json"))):
        return table
    if one.media_type.startswith("text/markdown") and path.stat().st_size <= _IMAGE_BYTES:
        return f"<pre>{_text(path.read_text(encoding='utf-8', errors='replace'))}</pre>"
    return f"<p>{_link(address)}</p>"


def _table(path: Path) -> str:
    """The table of an artifact, from the values beside it; empty where they cannot be read, or are too many."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= _TABLE_BYTES else {}
        heads, rows = [str(head) for head in content["columns"]], [list(row) for row in content["rows"]]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    head = "".join(f'<th scope="col">{markup(one)}</th>' for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{markup(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _called(children: Sequence[FlowRun], now: float) -> Iterator[str]:
    if not children:
        return
    rows = "".join(
        f"<tr><td>{markup(run.id)}</td><td>{markup(run.flow)} #{run.serial}</td><td>{_state(run.state)}</td>"
        f"<td>{markup(elapsed(run.started_at, run.ended_at, now))}</td><td>{markup(run.state.message)}</td></tr>"
        for run in children[:_TASKS]
    )
    yield f'<h2>Runs that it called</h2><div class="scroll"><table><tbody>{rows}</tbody></table></div>'


def _log(record: RunRecord) -> Iterator[str]:
    if not record.logs:
        return
    names = {run.number: run.name for run in record.task_runs}
    lines = "<br>".join(_line(line, names.get(line.number, "")) for line in record.logs[-_LINES:])
    yield f'<h2>Log</h2><div class="log">{lines}</div>'
    if len(record.logs) > _LINES:
        yield f'<p class="mut">The last {_LINES:,} of {len(record.logs):,} lines; all are in log.txt.</p>'


def _line(line: LogLine, name: str) -> str:
    level = _level(line.level)
    at = datetime.fromtimestamp(line.at, UTC).astimezone().strftime("%H:%M:%S")
    of = f'<span class="mut">{markup(name)}:</span> ' if name else ""
    return f'<span class="mut">{at}</span> <span class="{level}">{level:<7}</span> {of}{_text(line.message.rstrip())}'


def log_text(record: RunRecord) -> str:
    """The log as plain text, a line for each record: line breaks and controls inside are replaced."""
    names = {run.number: run.name for run in record.task_runs}
    lines = (
        f"{_instant(line.at)} {_level(line.level):<7} "
        f"{plain(names[line.number], 200) + ': ' if line.number in names else ''}{plain(line.message, 100_000)}"
        for line in record.logs
    )
    return "".join(f"{line}\n" for line in lines)


def _files(files: Mapping[str, Path]) -> Iterator[str]:
    listed = "".join(f"<li>{_link(address)}</li>" for address in files)
    yield f"<h2>Files</h2><ul><li>{_link('run.json')}</li><li>{_link('log.txt')}</li>{listed}</ul>"


def _link(address: str) -> str:
    # Our own page of the notebook runs nothing; all else is saved, not opened beside this page.
    own = address.endswith(".html") and address.count("/") == 1
    return f'<a href="{escape(quote(address), quote=True)}"{"" if own else " download"}>{markup(address)}</a>'


def _state(state: State) -> str:
    shown = look(state.name, state.kind)
    colour = f"light-dark({shown.light},{shown.dark})"
    fill = "currentColor" if shown.filled else "none"
    icon = f'<path d="{shown.icon}" fill="{fill}" stroke="currentColor" stroke-width="1.6"/>'
    return (
        f'<span class="state" style="color:{colour}">'
        f'<svg width="13" height="13" viewBox="0 0 16 16" aria-hidden="true">{icon}</svg> {markup(state.name)}</span>'
    )


def _parameters(run: FlowRun) -> Iterator[tuple[str, str]]:
    try:
        found = json.loads(run.parameters or "{}")
    except ValueError:
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        secret = referred(value)
        yield str(name), json.dumps(value, ensure_ascii=False) if secret is None else str(SecretReference(secret))


def _level(level: int) -> str:
    return logging.getLevelName(max(10, min(50, level // 10 * 10)))


def _instant(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


def _text(text: str) -> str:
    """Text of several lines: escaped, without controls."""
    return escape(text.translate(_CONTROLS))


__all__ = ["log_text", "run_page"]
