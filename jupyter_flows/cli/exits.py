"""What the process gives back to its shell."""

from __future__ import annotations

GOOD = 0
NOT_COMPLETED = 1
BAD_INPUT = 2
TROUBLE = 3
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

TEXT = """\
exit status:
  0    done; for `run` and `backfill`: what was run completed
  1    a run did not complete, or a question was answered by no
  2    bad usage or bad input: an unknown run, target, notebook or parameter
  3    trouble with the store, the settings or the environment
  130  interrupted by Ctrl-C
"""
