"""A run's timeline as the values that the page draws: lengths come as shares of the whole."""

from __future__ import annotations

import time

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.text_width import fit_name
from jupyter_flows.graph.timeline import Piece, Timeline, timeline_of_run
from jupyter_flows.services.usual import Usual
from jupyter_flows.widget.snapshot import Json, look_json

_LABEL_ROOM, _SIZE = 150.0, 12.5


def timeline_json(reader: RunReader, run_id: str, usual: Usual | None = None) -> Json:
    """Read a run and lay it out on a clock, beside what is usual."""
    run = reader.flow_run(run_id)
    now = None if run.state.is_final() else time.time()
    task_runs, changes = reader.task_runs(run.id), reader.states(run.id)
    laid = timeline_of_run(run, task_runs, changes, now=now, usual=usual)
    looks = {look(piece.state_name) for row in laid.rows for piece in row.pieces}
    return {
        "rows": [
            {
                "key": row.key,
                "label": fit_name(plain(row.label), _SIZE, _LABEL_ROOM),
                "more": plain(row.label, 200),
                "slow": row.slow,
                "usual": None if row.usual is None or row.usual > laid.length else row.usual / laid.length,
                "bars": [_bar(piece, laid) for piece in row.pieces],
            }
            for row in laid.rows
        ],
        "ticks": [[seconds / laid.length, words] for seconds, words in laid.ticks],
        "now": None if laid.now is None else laid.now / laid.length,
        "sentence": laid.sentence,
        "notice": laid.notice,
        "looks": {shown.css: look_json(shown) for shown in looks},
    }


def _bar(piece: Piece, laid: Timeline) -> Json:
    shown = look(piece.state_name)
    return {
        "css": shown.css,
        "from": round(piece.start / laid.length, 5),
        "to": round(piece.end / laid.length, 5),
        "hatched": shown.hatched,
        "waits": piece.waits,
        "title": piece.label,
        "mark": piece.mark,
    }
