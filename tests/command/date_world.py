# ruff: noqa: E501 - a template stands in one line
"""Tests of the date by the hundred, run by real shells with a real ``date`` under faketime, against what is read of them."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from converters.commands.idioms.date_conditions import Reader
from converters.commands.shell.parse import parse
from converters.schedules.date_output import Shell, Unknown, World
from converters.schedules.date_programs import run_one
from converters.schedules.date_tests import at_minute
from converters.schedules.shell_arithmetic import ShellError
from converters.schedules.shell_words import Leave, State
from tests.command.world import faketime_library

COMMANDS: dict[Shell, list[str]] = {"dash": ["dash"], "bash": ["bash"], "ash": ["busybox", "sh"]}
ZONE = "America/New_York"
INSTANTS = [
    "2024-02-08T06:30", "2024-02-29T05:00", "2024-03-01T23:59", "2024-12-31T17:08", "2025-01-01T05:09", "2025-08-09T12:00",
    "2025-09-08T03:59", "2026-02-24T13:37", "2026-03-02T04:30", "2026-11-30T08:08", "2027-01-03T00:01", "2026-10-10T15:00",
]  # fmt: skip


def minute_of(instant: str) -> int:
    return int(datetime.fromisoformat(instant).replace(tzinfo=UTC).timestamp()) // 60


def offset_of(zone: str | None, minute: int) -> int | None:
    found = datetime.fromtimestamp(minute * 60, ZoneInfo(zone or ZONE)).utcoffset()
    return int(found.total_seconds() // 60) if found is not None else None


def real(texts: Sequence[str], shell: Shell, instant: str, folder: Path) -> list[frozenset[str]]:
    """What each text prints (its lines of ``R<n>``) in a real shell at an instant."""
    library = faketime_library()
    assert library is not None
    for index, text in enumerate(texts):
        # BusyBox's shell takes its own `date` where no path is given, and that one faketime does not reach.
        # faketime and `date -u` do not go together either.
        told = re.sub(r"\bdate -u ", "TZ=UTC0 date ", text)
        told = re.sub(r"\bdate ", "/bin/date ", told) if shell == "ash" else told
        (folder / f"{index}.sh").write_text(told + "\n")
        # Each text in a directory of its own: `[0-3]` unquoted is a pattern, and a `> 3` of another text its file.
        here = folder / f"{index}.in"
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
    seconds = minute_of(instant) * 60 + 20
    run = " ".join(COMMANDS[shell])
    script = f'cd {folder}; i=0; while [ $i -lt {len(texts)} ]; do echo "== $i"; cd $i.in; {run} -c "$(cat ../$i.sh)" 2>/dev/null </dev/null; cd ..; i=$((i+1)); done'
    environment = {
        "PATH": "/usr/bin:/bin",
        "LD_PRELOAD": str(library),
        "FAKETIME_FMT": "%s",
        "FAKETIME": str(seconds),
        "TZ": ZONE,
        "HOME": str(folder),
    }
    out = subprocess.run(["dash", "-c", script], env=environment, capture_output=True, text=True, check=False).stdout
    found: list[set[str]] = [set() for _ in texts]
    at = -1
    for line in out.splitlines():
        if line.startswith("== "):
            at = int(line[3:])
        elif line.startswith("R"):
            found[at].add(line)
    return [frozenset(one) for one in found]


def read(text: str, shell: Shell, instant: str) -> frozenset[str] | None:
    """The same, from the text alone; ``None`` where it is not modelled."""
    reader = Reader((shell,), World(sh=(shell,)), {"TZ": ZONE})
    reader.zone = None
    program = reader.script(parse(text))
    state = State(shell, at_minute(minute_of(instant), offset_of), mended=False, variables=_Unset())
    try:
        run_one(program, state)
    except Unknown:
        return None
    except (ShellError, Leave):
        pass
    return frozenset(reader.jobs[n - 1].removeprefix("echo ").strip() for n in state.started)


class _Unset(dict[str, str]):
    """No variable is set but by the text itself."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return ""


# Mutations

_FORMATS = [
    "%u",
    "%w",
    "%d",
    "%e",
    "%-d",
    "%m",
    "%-m",
    "%V",
    "%U",
    "%W",
    "%j",
    "%-j",
    "%y",
    "%Y",
    "%F",
    "%a",
    "%b",
    "%A",
    "%B",
    "%H",
    "%k",
    "%-H",
    "%M",
    "%I",
    "%l",
    "%p",
    "%G",
    "%D",
    "%C",
    "%_d",
    "%g",
    "%R",
    "%_m",
    "%^a",
    "%H%M",
    "%m%d",
    "%u%d",
    "%Y%m%d",
]
_VALUES = [
    "0",
    "1",
    "5",
    "7",
    "08",
    "8",
    "09",
    "9",
    "15",
    "10",
    "31",
    "366",
    "039",
    "Mon",
    "Sun",
    "Feb",
    "December",
    "2026",
    "26",
    "2026-11-30",
    "00",
    "12",
    "PM",
    "23",
    "1200",
    "0229",
    "20250101",
    "''",
]
_STRING = ["=", "!="]
_NUMBER = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]


class Maker:
    """Makes texts from a seed."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def one(self, *choices: str) -> str:
        return self.r.choice(choices)

    def date(self) -> str:
        shape = self.r.choice(_FORMATS)
        if self.r.random() < 0.1:
            shape = f"{shape} {self.r.choice(_FORMATS)}"
        word = f'"+{shape}"' if " " in shape else self.one(f"+{shape}", f"'+{shape}'", f'+"{shape}"')
        move = ""
        if self.r.random() < 0.25:
            move = self.one("-d tomorrow ", "-d '+7 days' ", "-d yesterday ", "--date='1 week ago' ", "-d '-3 day' ", "-u ", "-d 'next month' ", "-d '2026-03-31 -1 month' ", "-d \"$(date +%Y-%m-01) +1 month -1 day\" ", "-v+1d ", "-d 'last month' ")  # fmt: skip
        if self.r.random() < 0.05:
            return f"TZ=Asia/Tokyo date {word}"
        return f"date {move}{word}"

    def substitution(self) -> str:
        inner = self.date()
        kind = self.r.random()
        if kind < 0.2 and '"' not in inner and "`" not in inner and "$" not in inner:
            return f"`{inner}`"
        if kind < 0.25:
            return f"$(echo $({inner}))"
        if kind < 0.3:
            return f"$({inner} | {self.one('sed s/^0//', 'sed ' + chr(39) + 's/^0*//' + chr(39), 'tr -d ' + chr(39) + ' ' + chr(39))})"
        return f"$({inner})"

    def quoted(self, text: str) -> str:
        if '"' in text and "`" in text:
            return text
        return self.one(text, f'"{text}"', f'"{text}"', f"x{text}", f'"{text} "')

    def arithmetic(self) -> str:
        sub = self.substitution()
        modulus = self.one("2", "3", "7", "4")
        return self.one(
            f"$(( {sub} % {modulus} ))", f"$((1{sub} % {modulus}))", f"$(({sub}+0))", f"$(expr {sub} % {modulus})",
            f"$((10#{sub} % {modulus}))", f"$(( ({sub} - 1) / 7 ))", f"$(expr {sub} + 1)", f'$(echo "{sub} % {modulus}" | bc)',
            f"$(( $(date +%s) / 86400 % {modulus} ))", f"$(expr $(date +%s) / 604800 % {modulus})", f"$(( {sub} == 8 || {sub} > 20 ))",
            f"$(( {sub} % {modulus} ? 0 : 1 ))", f"$(( !{sub} ))",
        )  # fmt: skip

    def side(self) -> str:
        kind = self.r.random()
        if kind < 0.55:
            return self.quoted(self.substitution())
        if kind < 0.85:
            return self.quoted(self.arithmetic())
        return self.one(*_VALUES)

    def comparison(self) -> str:
        operator = self.one(*_STRING, *_NUMBER, *_NUMBER, "==")
        first, second = self.side(), self.one(*_VALUES, *_VALUES, self.side())
        if self.r.random() < 0.15:
            first, second = second, first
        if self.r.random() < 0.06:
            return self.one(f"-n {first}", f"-z {first}", first, f"! {first}")
        return f"{first} {operator} {second}"

    def bracket(self) -> str:
        inner = self.comparison()
        if self.r.random() < 0.2:
            inner = f"{inner} {self.one('-a', '-o')} {self.comparison()}"
        if self.r.random() < 0.1:
            inner = f"! {inner}"
        if self.r.random() < 0.05:
            inner = f"\\( {inner} \\)"
        return self.one(
            f"[ {inner} ]",
            f"[ {inner} ]",
            f"[ {inner} ]",
            f"test {inner}",
            f"/usr/bin/test {inner}" if False else f"test {inner}",
        )

    def test(self) -> str:
        kind = self.r.random()
        if kind < 0.62:
            found = self.bracket()
        elif kind < 0.70:
            found = f"{self.date()} | {self.one('grep -q', 'grep -qE', 'egrep -q', 'grep -qx', 'grep -qw', 'grep -qF', 'grep -qv')} {self.one('1', '[135]', '^0', '8$', chr(39) + 'Mon|Sun' + chr(39), chr(39) + '^(08|09|10)$' + chr(39), '0.', '[0-3]', '[5-1]', chr(39) + '6' + chr(92) + '|7' + chr(39))}"
        elif kind < 0.74:
            found = f"expr {self.substitution()} {self.one('%', '+', '-', '/')} {self.one('2', '3', '1')} > /dev/null"
        elif kind < 0.80:
            found = f"[[ {self.quoted(self.substitution())} {self.one('=', '==', '!=', '-eq', '-lt', '-ge')} {self.one(*_VALUES, self.substitution(), '1*', '[0-3]?')} ]]"
        elif kind < 0.84:
            found = f"(( {self.substitution()} {self.one('%', '==', '!=')} {self.one('2', '3', '8')} ))"
        elif kind < 0.87:
            found = f"{self.date()} | xargs test {self.one('1', '08', '15')} {self.one('-eq', '=', '-lt')}"
        elif kind < 0.93:
            found = f"{self.test()} {self.one('&&', '||')} {self.test()}"
        elif kind < 0.96:
            found = f"( {self.test()} )"
        else:
            found = f"{{ {self.test()}; }}"
        return f"! {found}" if self.r.random() < 0.1 else found

    def text(self) -> str:
        kind = self.r.random()
        if kind < 0.45:
            return f"{self.test()} {self.one('&&', '&&', '||')} echo R1"
        if kind < 0.52:
            return f"{self.test()} || exit; echo R1"
        if kind < 0.56:
            return f"{self.test()} && exit 0; echo R1; echo R2"
        if kind < 0.66:
            return f"if {self.test()}; then echo R1; {self.one('', 'else echo R2; ', f'elif {self.test()}; then echo R2; else echo R3; ')}fi"
        if kind < 0.76:
            patterns = [
                self.one("01", "0[1-7]", "1|15", "Mon", "*[02468]", "?", "08|09", "[!0]*", "20*", "'1 '", "*")
                for _ in range(3)
            ]
            bodies = "".join(f" {p}) echo R{n};;" for n, p in enumerate(patterns, 1))
            return f"case {self.quoted(self.substitution())} in{bodies} esac"
        if kind < 0.88:
            return f"D={self.quoted(self.substitution())}; [ {self.one('$D', chr(34) + '$D' + chr(34), '${D#0}', '$((D % 2))', '$(( $D % 2 ))', '$(expr $D % 2)', 'x$D')} {self.one(*_STRING, *_NUMBER)} {self.one(*_VALUES)} ] && echo R1"
        if kind < 0.94:
            return f"{self.test()} && echo R1 || echo R2"
        return f"{self.test()} && {{ echo R1; {self.test()} && echo R2; }}; echo R3"


def differences(
    texts: Sequence[str], shell: Shell, instants: Iterable[str], folder: Path
) -> tuple[int, int, list[str]]:
    """How many were compared and how many not modelled, and the texts that differ."""
    compared = unknown = 0
    found = []
    for instant in instants:
        for text, was in zip(texts, real(texts, shell, instant, folder), strict=True):
            said = read(text, shell, instant)
            if said is None:
                unknown += 1
            else:
                compared += 1
                # On a busy machine a process under libfaketime now and then prints nothing (its shared memory is taken by
                # another one): what differs is asked again alone, and a true difference stays one.
                if said != was and all(said != real([text], shell, instant, folder)[0] for _ in range(3)):
                    found.append(f"{shell} {instant}: {text}\n   real {sorted(was)} read {sorted(said)}")
    return compared, unknown, found


if __name__ == "__main__":
    import sys
    import tempfile

    from converters.commands.shell.parse import Unparsable

    seed, count = int(sys.argv[1]), int(sys.argv[2])
    maker = Maker(seed)
    made = []
    while len(made) < count:
        text = maker.text()
        try:
            parse(text)
        except Unparsable as error:
            print("unparsable", text, error)
            continue
        made.append(text)
    with tempfile.TemporaryDirectory() as name:
        for shell in COMMANDS:
            compared, unknown, found = differences(
                made, shell, INSTANTS if len(sys.argv) < 4 else sys.argv[3:], Path(name)
            )
            print(shell, "compared", compared, "unknown", unknown, "different", len(found))
            seen = set()
            for one in found:
                if one.split(": ", 1)[1].split("\n")[0] not in seen:
                    seen.add(one.split(": ", 1)[1].split("\n")[0])
                    print(one)
