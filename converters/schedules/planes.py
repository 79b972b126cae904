"""Numbers of each minute of a day as planes of bits: bit *m* of plane *n* is the bit *n* of the number of minute *m*.

So the starts of a thousand jobs are added up with a few operations on integers for each, whatever minutes they have.
"""

from __future__ import annotations

from converters.schedules.minutes import ALL_MINUTES, MINUTES_A_DAY

Planes = list[int]


def rotated(minutes: int, by: int) -> int:
    """The minutes of a day moved by so many minutes around the clock."""
    by %= MINUTES_A_DAY
    return (minutes << by | minutes >> (MINUTES_A_DAY - by)) & ALL_MINUTES


def add(planes: Planes, minutes: int, weight: int) -> None:
    """Add ``weight`` to the number of each of these minutes."""
    for place in range(weight.bit_length()):
        if weight >> place & 1:
            carry = minutes
            at = place
            while carry:
                planes.extend([0] * (at + 1 - len(planes)))
                planes[at], carry = planes[at] ^ carry, planes[at] & carry
                at += 1


def larger(one: Planes, other: Planes) -> Planes:
    """For each minute the larger of two numbers."""
    size = max(len(one), len(other))
    a, b = [*one, *[0] * (size - len(one))], [*other, *[0] * (size - len(other))]
    greater, equal = 0, ALL_MINUTES
    for x, y in zip(reversed(a), reversed(b), strict=True):
        greater |= equal & x & ~y
        equal &= ~(x ^ y)
    return [(x & greater) | (y & ~greater) for x, y in zip(a, b, strict=True)]


def numbers(planes: Planes) -> tuple[int, ...]:
    """The number of each minute."""
    return tuple(
        sum((plane >> minute & 1) << place for place, plane in enumerate(planes)) for minute in range(MINUTES_A_DAY)
    )
