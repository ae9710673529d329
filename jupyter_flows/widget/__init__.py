"""The live graph in a notebook: shown as a static picture that a script in the page brings to life."""

from __future__ import annotations

from jupyter_flows.widget.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
