"""One disagreement: where, what both read, and the deviations that explain it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.opinions.deviations import KNOWN, UNEXPLAINED


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``codes`` of `KNOWN` deviations explain it together; without any it is unexplained. ``more`` adds to the reason."""

    path: str
    line: int
    library: str
    what: str
    codes: tuple[str, ...]
    more: str = ""
    lines: int = 1

    @property
    def right(self) -> str:
        """Who is right; ``unexplained`` where no deviation fits."""
        verdicts = {KNOWN[code].right for code in self.codes}
        return verdicts.pop() if len(verdicts) == 1 else "neither" if verdicts else "unexplained"

    @property
    def why(self) -> str:
        reasons = "; ".join(KNOWN[code].why for code in self.codes) or UNEXPLAINED
        return f"{reasons} ({self.more})" if self.more else reasons


def ordered(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes in the order of the list of deviations."""
    wanted = set(codes)
    return tuple(code for code in KNOWN if code in wanted)


def quoted(text: str, limit: int = 100) -> str:
    """A piece of a crontab as it is named in a sentence."""
    return f"`{text if len(text) <= limit else text[: limit - 1] + '…'}`"
