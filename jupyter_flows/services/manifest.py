"""What was kept of a task cell: the values that later cells take, and why one of them could not be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from jupyter_flows.model.results import KeptResult


@dataclass(frozen=True, slots=True)
class LostValue:
    """A value that could not be kept.

    Parameters
    ----------
    kind
        Its type.
    why
        In words, with advice.
    """

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a task cell gave to later cells.

    Parameters
    ----------
    source
        Digest of the code that gave it.
    values
        Name to where its value is kept; each is signed for this task run.
    lost
        Name to why its value is not kept.
    absent
        Names that it might have bound, and did not.
    aliases
        Names of an object that has a name among ``values`` already, to that one.
    shown
        What it showed, where that is to be shown again: outputs as a notebook has them.
    """

    source: str
    values: Mapping[str, KeptResult] = field(default_factory=dict[str, KeptResult])
    lost: Mapping[str, LostValue] = field(default_factory=dict[str, LostValue])
    absent: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    shown: tuple[Mapping[str, Any], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(kept.size for name, kept in self.values.items() if name not in self.aliases)

    @property
    def message(self) -> str:
        """What a person should know, in one line; empty where all is kept."""
        told = [f"`{name}` ({lost.kind}): {lost.why}" for name, lost in self.lost.items()]
        return "; ".join(told)

    def as_json(self) -> dict[str, Any]:
        """As a JSON value."""
        return {
            "source": self.source,
            "values": {name: list(kept) for name, kept in self.values.items()},
            "lost": {name: [lost.kind, lost.why] for name, lost in self.lost.items()},
            "absent": list(self.absent),
            "aliases": dict(self.aliases),
            "shown": list(self.shown),
        }

    @classmethod
    def of_json(cls, told: object) -> Manifest | None:
        """Read what `as_json` made; None for anything else."""
        try:
            content = cast("dict[str, Any]", told)
            values = {str(name): KeptResult(*kept) for name, kept in content["values"].items()}
            lost = {str(name): LostValue(str(kind), str(why)) for name, (kind, why) in content["lost"].items()}
            aliases = {str(name): str(other) for name, other in content.get("aliases", {}).items()}
            shown = tuple(output for output in content.get("shown", ()) if isinstance(output, dict))
            return cls(str(content["source"]), values, lost, tuple(map(str, content["absent"])), aliases, shown)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


__all__ = ["LostValue", "Manifest"]
