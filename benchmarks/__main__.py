"""Run every benchmark, print the figures and write them to docs/speed.md."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import fleet, images, needs, parity, startup

HEAD = """# Speed

Each row is a ratio of two things measured in the same run, so it can be compared between machines; the times cannot.
What is timed: whole scans by the clock on the wall, on all processors of the machine where the row says nothing else, their
memory as that of all their processes together; `compare()` and `judge()` as the processor's own time, `judge()` with
caches that know none of its schedules. Made by `make bench` on {date}, Python {python}, {machine}.

| what | ours | peer | peer's time | ratio | aim |
|---|---|---|---|---|---|
"""


def main() -> None:
    rows = []
    for module in (startup, parity, needs, images, fleet):
        for figure in module.figures():
            print(figure.row(), flush=True)
            rows.append(figure.row())
    head = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}", python=platform.python_version(), machine=platform.machine()
    )
    Path(__file__).parent.parent.joinpath("docs", "speed.md").write_text(
        head + "\n".join(rows) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
