"""What a child does before it knows its run: it loads what every run needs, and has a kernel made ready."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.model.deployments import Deployment
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.wiring import current_deployments, current_reader, current_session, current_settings


def warm_up(deployment: str | None) -> None:
    """Load, and open once, what the first run would otherwise wait for; whatever is wrong is told by the run.

    Parameters
    ----------
    deployment
        Name of the deployment that the run will probably be of; None where nobody knows.
    """
    known: Deployment | None = None
    with suppress(JupyterFlowsError):
        current_session().open()
        with current_deployments() as deployments:
            known = None if deployment is None else deployments.get(deployment)
    is_notebook = known is None or known.definition.kind == "notebook"
    with suppress(JupyterFlowsError, OSError):
        if is_notebook:
            _ready_a_kernel(known)
    with suppress(JupyterFlowsError):
        _load(notebooks=is_notebook)
    with suppress(JupyterFlowsError):
        if known is not None and is_notebook:
            _rehearse(known)


def end_waiting() -> None:
    """The run has come: what was made ready and is not used by it may go after a while."""
    from jupyter_flows.notebooks.kernel.sources import let_idle_kernels_go

    let_idle_kernels_go(current_settings())


def _load(*, notebooks: bool) -> None:
    from typing import Annotated

    from pydantic import Field, TypeAdapter

    import jupyter_flows.cli.executing_flow
    import jupyter_flows.services.deployed_run
    import jupyter_flows.services.unstarted

    TypeAdapter(Annotated[int, Field(ge=0)]).validate_python(1)  # it loads most of itself with its first use
    if notebooks:
        import jupyter_flows.cli.executing_notebook
        import jupyter_flows.graph.svg
        import jupyter_flows.notebooks.execution  # noqa: F401
        from jupyter_flows.notebooks.loop import background_loop

        background_loop()
    with closing(current_reader()) as reader:
        reader.flow_runs(RunFilter(limit=1))


def _rehearse(deployment: Deployment) -> None:
    """Check the parameters as the run will, for what that loads; a template of the tick need not fit yet."""
    from jupyter_flows.services.notebook_run import prepare_notebook

    definition = deployment.definition
    prepare_notebook(definition.target, definition.parameters, definition.kernel or None, allow_secret_looking=True)


def _ready_a_kernel(deployment: Deployment | None) -> None:
    from jupyter_flows.notebooks.document import load_notebook
    from jupyter_flows.notebooks.imported_names import imported_names, used_names
    from jupyter_flows.notebooks.kernel.kernel_start import KernelStart
    from jupyter_flows.notebooks.kernel.sources import make_kernel_ready
    from jupyter_flows.notebooks.kernels import FALLBACK
    from jupyter_flows.notebooks.page_process import page_process

    page_process().start()
    kernel, sources = FALLBACK, list[str]()
    if deployment is not None:
        document = load_notebook(deployment.definition.target, deployment.definition.kernel or None)
        kernel = document.kernel_name
        sources = [cell["source"] for cell in document.node["cells"] if cell["cell_type"] == "code"]
    folder = Path(tempfile.gettempdir())
    environment, names = {**os.environ, **_variables(deployment)}, (imported_names(sources), used_names(sources))
    start = KernelStart(kernel, folder, environment, folder / "unused", *names)
    make_kernel_ready(start, current_settings())


def _variables(deployment: Deployment | None) -> Mapping[str, str]:
    from jupyter_flows.services.env_file import read_env_file

    if deployment is None or not deployment.definition.env_file:
        return {}
    return read_env_file(Path(deployment.definition.directory) / deployment.definition.env_file)


__all__ = ["end_waiting", "warm_up"]
