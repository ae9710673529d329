"""Which schemas this version knows; light, so that opening a current store imports no migration machinery."""

from __future__ import annotations

# In order; the last is the one that is written.
KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
HEAD = KNOWN[-1]
