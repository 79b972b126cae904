"""One measured ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``seconds`` of ours against ``peer_seconds`` of the peer's, in one run. ``slower``: ours does more, and is slower."""

    what: str
    seconds: float
    peer: str
    peer_seconds: float
    aim: str
    slower: bool = False

    @property
    def ratio(self) -> float:
        return self.seconds / self.peer_seconds if self.slower else self.peer_seconds / self.seconds

    def row(self) -> str:
        way = "x the time" if self.slower else "x faster"
        return (
            f"| {self.what} | {_time(self.seconds)} | {self.peer} | {_time(self.peer_seconds)} "
            f"| **{self.ratio:,.1f}{way}** | {self.aim} |"
        )


def _time(seconds: float) -> str:
    for size, unit in ((1, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
