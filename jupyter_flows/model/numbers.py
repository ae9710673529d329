"""Run numbers as short texts."""

from __future__ import annotations

from collections.abc import Iterable


def encode_numbers(numbers: Iterable[int]) -> str:
    """Write run numbers as sorted ranges, so that a reduce over 10,000 children is one short text.

    >>> encode_numbers([4, 1, 2, 3, 9])
    '1-4,9'
    """
    ordered = sorted(set(numbers))
    parts: list[str] = []
    start = 0
    for position, number in enumerate(ordered):
        if position + 1 == len(ordered) or ordered[position + 1] != number + 1:
            first = ordered[start]
            parts.append(f"{first}-{number}" if number > first else str(number))
            start = position + 1
    return ",".join(parts)


def decode_numbers(text: str) -> tuple[int, ...]:
    """Read what `encode_numbers` wrote.

    >>> decode_numbers("1-4,9")
    (1, 2, 3, 4, 9)
    """
    numbers: list[int] = []
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)
