"""Who holds slots of a limit, as all processes know it."""

from __future__ import annotations

from typing import NamedTuple


class SlotPlace(NamedTuple):
    """A holder of slots.

    Parameters
    ----------
    run_id
        The flow run; of a block of code outside of any, its process.
    number
        Of the task run; 0 for the flow run as a whole, below 0 for a block of code.
    """

    run_id: str
    number: int


__all__ = ["SlotPlace"]
