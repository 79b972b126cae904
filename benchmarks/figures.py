"""One measured ratio, and what was aimed at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """``ratio``: at least that many times faster, or at most that many times the time of a figure that is ``slower``.
    ``seconds`` and ``mebibytes``: at most, of ours."""

    ratio: float | None = None
    seconds: float | None = None
    mebibytes: int | None = None

    def words(self, slower: bool) -> str:
        said = [f"{'at most ' if slower else ''}{self.ratio:,.6g}x"] if self.ratio is not None else []
        said += [f"at most {_time(self.seconds)}"] if self.seconds is not None else []
        said += [f"at most {self.mebibytes:,} MiB"] if self.mebibytes is not None else []
        return ", ".join(said)


@dataclass(frozen=True)
class Figure:
    """``seconds`` of ours against ``peer_seconds`` of the peer's, in one run. ``slower``: ours does more, and is slower.
    ``peak``: the most memory of ours, in MiB, where it is measured."""

    what: str
    seconds: float
    peer: str
    peer_seconds: float
    aim: Aim
    slower: bool = False
    peak: int | None = None

    @property
    def ratio(self) -> float:
        return self.seconds / self.peer_seconds if self.slower else self.peer_seconds / self.seconds

    @property
    def missed(self) -> bool:
        aim = self.aim
        past = aim.ratio is not None and (self.ratio > aim.ratio if self.slower else self.ratio < aim.ratio)
        late = aim.seconds is not None and self.seconds > aim.seconds
        return past or late or (aim.mebibytes is not None and (self.peak or 0) > aim.mebibytes)

    def row(self) -> str:
        way = "x the time" if self.slower else "x faster"
        peak = f" (peak {self.peak:,} MiB)" if self.peak is not None else ""
        return (
            f"| {self.what}{peak} | {_time(self.seconds)} | {self.peer} | {_time(self.peer_seconds)} "
            f"| **{self.ratio:,.1f}{way}** | {self.aim.words(self.slower)}{MISSED if self.missed else ''} |"
        )


MISSED = ": **missed**"


def _time(seconds: float) -> str:
    for size, unit in ((1, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
