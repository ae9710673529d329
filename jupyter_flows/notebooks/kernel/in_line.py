"""Requests that wait in a kernel behind another, so that it need not wait for us: taken where that one went well.

A kernel of ours takes such a request only if the one that it names went plainly well: without an error, without asking
for the kernel's end, with no widget that waits for our answer, and without an interrupt. Otherwise it answers
``aborted``, and nothing has happened.

Runs in the kernel's interpreter, too: needs nothing but Python.
"""

from __future__ import annotations

AFTER = "jupyter_flows_after"
"""The request's metadata have the id of the other under this name."""

CALLED_OFF = "called-off"
"""A file beside the kernel's sockets: from now on nothing that waits is taken."""
