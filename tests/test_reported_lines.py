"""Lines of public reports about cron, as one table: what must be said of each, what must not, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.workspaces import scanned

TABLE = Path(__file__).parent / "vectors" / "reported_lines.txt"


class Case(NamedTuple):
    """``said`` and ``unsaid`` are parts of ``CODE message``, each found in one finding or in none."""

    line: int
    command: str
    said: tuple[str, ...]
    unsaid: tuple[str, ...]
    fate: str


def cases() -> list[Case]:
    found: list[Case] = []
    for number, text in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip() or text.startswith("#"):
            continue
        if not text.startswith(" "):
            found.append(Case(number, text, (), (), ""))
            continue
        last, (sign, _, rest) = found[-1], text.strip().partition(" ")
        if sign == "+":
            found[-1] = last._replace(said=(*last.said, rest))
        elif sign == "-":
            found[-1] = last._replace(unsaid=(*last.unsaid, rest))
        else:
            found[-1] = last._replace(fate=rest)
    return found


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """One scan of all lines: each at a minute of its own, so that none looks like another's twin."""
    place = tmp_path_factory.mktemp("reported")
    lines = [f"{at % 60} {at // 60} * * * {one.command}" for at, one in enumerate(cases())]
    (place / "lines").write_text("\n".join(lines) + "\n", encoding="utf-8")
    document = scanned(place, "lines", "--user-crontab")
    found = {job["source"]["line"]: job for job in document["jobs"]}
    return {one.line: found[at] for at, one in enumerate(cases(), start=1)}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"line {case.line}")
def test_what_a_reported_line_is_told(case: Case, jobs: dict[int, dict[str, Any]]) -> None:
    job = jobs[case.line]
    told = [f"{one['code']} {one['message']}" for one in job["findings"]]
    for part in case.said:
        assert any(part in one for one in told), (part, told)
    for part in case.unsaid:
        assert not any(part in one for one in told), (part, told)
    assert case.fate in ("", job["fate"]), told
