"""The server extension: what Jupyter Flows shows and does in a Jupyter server."""

from __future__ import annotations

from typing import Any

__all__ = ["_jupyter_server_extension_points"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell a Jupyter server where the extension is."""
    from jupyter_flows.server.extension import JupyterFlows  # deferred: who only describes the API needs no server

    return [{"module": "jupyter_flows.server.extension", "app": JupyterFlows}]
