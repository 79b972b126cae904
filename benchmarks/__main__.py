"""Run every benchmark, print the figures and write them to docs/speed.md."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import fleet, images, needs, parity, startup
from benchmarks.figures import Figure

HEAD = """# Speed

Each row is a ratio of two things measured in the same run, so it can be compared between machines; the times cannot.
What is timed: whole scans by the clock on the wall, on all processors of the machine where the row says nothing else, their
memory as that of all their processes together; `compare()` and `judge()` as the processor's own time, `judge()` with
caches that know none of its schedules. Made by `make bench` on {date}, Python {python}, {machine}.

| what | ours | peer | peer's time | ratio | aim |
|---|---|---|---|---|---|
"""


REASONS = {
    "scan of 50 lines": "nearly all of it is importing some 470 modules, compiling their patterns and making their classes; "
    "bare Python imports none.",
    "judge() of `0 3 1-7,15 * 1`": "a judgement makes several candidates, proves each and words the differences; "
    "the peer lists one year once.",
    "scan of 100,000 lines to JSON": "the peer lists starts only; what each command needs is read here, too.",
    "scan of 100,000 lines, no two alike": "lines share nothing: each has needs, findings and a spec of its own, "
    "and all of them are held until the report is written.",
    "scan of 10,000 lines, no two alike, on": "what the second process found is read back by the first, "
    "which names the jobs, and writes specs and report, alone.",
}
"""Why a row misses its aim, by how the row begins. A row that misses it without a word here is said to be unexplained."""


def missed(figures: Iterable[Figure]) -> str:
    """A paragraph on the rows that miss their aim; nothing where none does."""
    lines = []
    for figure in figures:
        if figure.missed:
            why = next((why for begins, why in REASONS.items() if figure.what.startswith(begins)), "Not explained yet.")
            lines.append(f"- {figure.what}: {why}")
    return "\n".join(["", "Missed, and why:", "", *lines, ""]) if lines else ""


def main() -> None:
    """Each room's figures, as they come; then the page."""
    figures = []
    for module in (startup, parity, needs, images, fleet):
        for figure in module.figures():
            print(figure.row(), flush=True)
            figures.append(figure)
    head = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}", python=platform.python_version(), machine=platform.machine()
    )
    page = head + "".join(f"{figure.row()}\n" for figure in figures) + missed(figures)
    Path(__file__).parent.parent.joinpath("docs", "speed.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
