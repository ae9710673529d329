"""Where the page's script is: built from ``labextension/`` when the package is built."""

from __future__ import annotations

from pathlib import Path

SCRIPT = Path(__file__).parent / "static" / "widget.js"
