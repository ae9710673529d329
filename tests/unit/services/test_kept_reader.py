from __future__ import annotations

from pathlib import Path

from jupyter_flows.services.kept_reader import _close_all, kept_reader
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_writer


def test_one_reader_is_kept_for_each_store(tmp_path: Path) -> None:
    settings = [load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path / name)}) for name in ("a", "b")]
    for one in settings:
        open_writer(one).close()
    first, second = map(kept_reader, settings)
    assert first is kept_reader(settings[0]) and first is not second
    assert first.counts()["flow_runs"] == 0
    _close_all()


def test_a_store_that_was_deleted_and_made_anew_is_opened_anew(tmp_path: Path) -> None:
    settings = load_settings({"JUPYTER_FLOWS_DIR": str(tmp_path)})
    open_writer(settings).close()
    first = kept_reader(settings)
    assert settings.database_path is not None
    settings.database_path.rename(tmp_path / "aside")
    open_writer(settings).close()
    second = kept_reader(settings)
    assert first is not second and second is kept_reader(settings)
    first.close()
    _close_all()
