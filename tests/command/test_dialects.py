"""Shell dialects: what is said of a text against what dash, bash as sh, and BusyBox's ash do with it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from converters.commands.command import understand
from converters.commands.dialects.constructs import CONSTRUCTS, Outcome
from converters.commands.dialects.reading import read_dialect
from converters.commands.work import work_of
from converters.schedules.date_output import ALPINE, DEBIAN, RED_HAT, UNKNOWN, Shell, World
from converters.worlds.answer import Worlds
from converters.worlds.facts import Image
from converters.worlds.fates import effect_of
from converters.worlds.jobs import needs_of_job
from tests.command.dialect_vectors import PLAIN, VECTORS
from tests.test_work import entry_of

ROOT = Path(__file__).parents[2]
SHELLS: tuple[Shell, ...] = ("dash", "bash", "ash")
GRAVEST: tuple[Outcome, ...] = ("refused", "ends", "fails", "differs", "works")
has_shells = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("dash", "bash", "busybox")), reason="needs dash, bash and busybox"
)


class Run(NamedTuple):
    status: int
    out: str
    err: str


class Runner:
    """Runs texts in a shell, each in a directory of its own, with a port on which somebody listens for ``PORT``."""

    def __init__(self, root: Path) -> None:
        self.root, self.count = root, 0
        (root / "bin").mkdir()
        (root / "bin" / "sh").symlink_to(shutil.which("bash") or "/bin/bash")
        self.shells = {
            "plain bash": ["bash", "-c"],
            "bash": [str(root / "bin" / "sh"), "-c"],
            "dash": ["dash", "-c"],
            "ash": ["busybox", "ash", "-c"],
        }
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def run(self, shell: str, text: str) -> Run:
        place = self.root / str(self.count)
        self.count += 1
        place.mkdir()
        (place / "a").write_text("one\n")
        (place / "b").write_text("two\n")
        (place / "s").write_text('V=1\necho "sourced $1"\n')
        framed = f'echo start; {text}; echo "end"'.replace("PORT", str(self.port))
        done = subprocess.run(
            [*self.shells[shell], framed],
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": "/root"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def happened(self, shell: Shell, text: str, meant: Run) -> Outcome:
        """What a shell made of the text, beside what bash did, whose language it is written in."""
        run = self.run(shell, text)
        if "start" not in run.out:
            return "refused"
        if "end" not in run.out and ("end" in meant.out or run.status != meant.status):
            return "ends"
        if (run.status, run.out) == (meant.status, meant.out):
            return "works"
        return "fails" if run.err and run.err != meant.err else "differs"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    made = Runner(tmp_path_factory.mktemp("shells"))
    yield made
    made.server.close()


def said(text: str, shell: Shell) -> Outcome:
    outcomes = {found.construct.outcome(shell) for found in read_dialect(text)}
    return next((one for one in GRAVEST if one in outcomes), "works")


@has_shells
def test_what_is_said_is_what_happens(runner: Runner) -> None:
    assert len({name for name, _ in VECTORS}) >= 80
    wrong = []
    for text in [*(text for _, text in VECTORS), *PLAIN]:
        meant = runner.run("plain bash", text)
        for shell in SHELLS:
            happened = runner.happened(shell, text, meant)
            if happened != said(text, shell):
                wrong.append((text, shell, said(text, shell), happened))
    assert wrong == []


@has_shells
def test_dash_refuses_what_is_said_to_be_refused() -> None:
    wrong = []
    for text in [*(text for _, text in VECTORS), *PLAIN]:
        refuses = subprocess.run(["dash", "-n", "-c", text], capture_output=True, check=False).returncode == 2
        if refuses != (said(text, "dash") == "refused"):
            wrong.append((text, refuses))
    assert wrong == []


@pytest.mark.parametrize(("name", "text"), VECTORS)
def test_a_construct_is_found(name: str, text: str) -> None:
    assert {found.construct.name for found in read_dialect(text)} == {name}


@pytest.mark.parametrize("text", PLAIN)
def test_nothing_is_found_where_all_agree(text: str) -> None:
    assert read_dialect(text) == ()


def test_every_construct_has_a_vector() -> None:
    assert {name for name, _ in VECTORS} == set(CONSTRUCTS)


PLACES = (
    "cd /srv && {}",
    "( {} )",
    "{{ {}; }}",
    "if true; then {}; fi",
    "for i in 1 2; do {}; done",
    "case $1 in x) {};; esac",
    "x() {{ {}; }}; x",
    "echo $( {} )",
    "true || {}",
    "/srv/a; {}; /srv/b",
)
_TO_THE_END = frozenset({"local", "return", "nothing behind it", "& ;", ";; outside of case"})


@pytest.mark.parametrize("place", PLACES)
def test_a_construct_is_found_wherever_it_stands(place: str) -> None:
    missed = []
    for name, text in VECTORS:
        if name in _TO_THE_END or text.endswith((" ", "\\;")):
            continue
        found = {one.construct.name for one in read_dialect(place.format(text))}
        if name not in found:
            missed.append((name, text, found))
    assert missed == []


# Results that differ for another reason than the text: a file that is not there, a signal, a locale, applets without a path.
OTHER_REASONS = {
    "dot-missing": "a file that is not there is no construct",
    "trap-EXIT-term": "a signal that comes from outside",
    "readonly": "an error in every shell, with other statuses",
    "oct08": "an error in every shell (C443)",
    "oct-date": "an error in every shell (C443)",
    "bad-subst": "an error in every shell",
    "test-nt": "it depends on a file that is not there",
    "lang-utf8": "it depends on the value's characters",
    "which-v": "an applet has no path",
    "glob-nomatch": "another program's status",
    "tilde-quoted": "another program's status",
}
# Told, though the recorded text happens to come out alike.
ALIKE_BY_CHANCE = frozenset(
    {"amp-gt", "amp-gtgt", "dbl-bracket-not", "ansi-c-ifs", "RANDOM-arith2", "EUID-test", "tcp"}
)


def test_172_recorded_constructs() -> None:
    wrong = []
    for row in json.loads((ROOT / "fixtures" / "shells.json").read_text(encoding="utf-8")):
        for column, shell in (("dash", "dash"), ("ash", "ash"), ("bash-sh", "bash")):
            differs = row[column][:2] != row["bash"][:2] or (row["dash-n"] == 2 and row["bash-n"] == 2)
            outcome = said(row["t"], shell)  # type: ignore[arg-type]
            if row["n"] in OTHER_REASONS or (row["bash-n"] == 2 and outcome == "works"):
                continue  # refused by all: the command's own finding says so
            if differs != (outcome != "works") and not (outcome != "works" and row["n"] in ALIKE_BY_CHANCE):
                wrong.append((row["n"], row["t"], shell, differs, outcome))
    assert wrong == []


def test_shellcheck_of_the_recorded_constructs() -> None:
    """Wherever ShellCheck knows something that is undefined in dash, so do we; not the other way round."""
    for row in json.loads((ROOT / "fixtures" / "shells.json").read_text(encoding="utf-8")):
        if max(row["sc"], default=0) >= 3000 and row["n"] != "extglob":  # which bash refuses as well
            assert read_dialect(row["t"]), row["t"]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_shellcheck_of_the_vectors(tmp_path: Path) -> None:
    """The numbers of the table are ShellCheck's own, and of plain texts it says nothing."""
    names = {}
    for number, (name, text) in enumerate([*VECTORS, *(("", text) for text in PLAIN)]):
        path = tmp_path / f"{number}.sh"
        path.write_text(text + "\n", encoding="utf-8")
        names[str(path)] = name
    done = subprocess.run(
        ["shellcheck", "-s", "dash", "-f", "json", *names], capture_output=True, text=True, timeout=120, check=False
    )
    codes: dict[str, set[int]] = {path: set() for path in names}
    for one in json.loads(done.stdout):
        codes[one["file"]].add(one["code"])
    of_name: dict[str, set[int]] = {}
    for path, name in names.items():
        of_name.setdefault(name, set()).update(codes[path])
    wrong = [one.name for one in CONSTRUCTS.values() if one.shellcheck and one.shellcheck not in of_name[one.name]]
    silent = [
        one.name for one in CONSTRUCTS.values() if not one.shellcheck and max(of_name[one.name], default=0) >= 3000
    ]
    assert (wrong, silent) == ([], [])
    assert not {code for code in of_name[""] if code >= 3000}


@pytest.mark.parametrize(
    ("text", "world", "parts"),
    [
        (
            "/srv/job |& tee -a /var/log/job.log",
            DEBIAN,
            ["`|&`", "dash, /bin/sh of this host", "the job has never run"],
        ),
        ("/srv/job |& cat", ALPINE, ["BusyBox's ash", "the job has never run"]),
        ("[[ -f x ]] && y", DEBIAN, ["`[[ -f x ]]`", "behind `&&` has never run"]),
        ("[[ -f x ]] || y", DEBIAN, ["behind `||` has always run"]),
        ("! [[ -f x ]] && y", DEBIAN, ["behind `&&` has always run"]),
        ("if [[ -f x ]]; then y; fi", DEBIAN, ["behind `then` has never run"]),
        ("if ! [[ -f x ]]; then y; fi", DEBIAN, ["behind `then` has always run"]),
        ("while [[ x ]]; do y; done", DEBIAN, ["the loop has never run"]),
        ("[[ -f x ]] && y", RED_HAT, ["of this host is bash, and it works there", "dash"]),
        ("[[ -f x ]] && y", ALPINE, ["of this host is BusyBox's ash, and it works there"]),
        ("[[ -f x ]] && y", UNKNOWN, ["dash, which is /bin/sh on Debian and Ubuntu"]),
        ("set -o pipefail; a | b", DEBIAN, ["before Debian 13", "nor what stands behind it has ever run"]),
        ("sh -c '[[ x ]] && y'", DEBIAN, ["`[[ x ]]`"]),
        ("flock -n /l -c 'x |& y'", DEBIAN, ["`|&`"]),
        ("arr=(1 2); /srv/job", DEBIAN, ["`arr=(1 2)`", "the job has never run"]),
        ("x &> /a.log", DEBIAN, ["in the background", "cron's mail"]),
        ("rm -f [^k]*", DEBIAN, ["`[^k]*`", "matches the opposite"]),
        ("true;; x", RED_HAT, ["every shell", "the job has never run"]),
        ("(x=${y//a/b}; z)", DEBIAN, ["of this part"]),
    ],
)
def test_what_is_said_to_people(text: str, world: World, parts: list[str]) -> None:
    messages = [finding.message for finding in understand(text, world=world).findings if finding.code == "C450"]
    assert messages, text
    assert all(part in messages[0] for part in parts), messages


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        ("[[ -f x ]] && y", "/bin/bash"),
        ("bash -c '[[ x ]]'", "/bin/sh"),
        ("sudo -u u bash -lc 'source /x; y'", "/bin/sh"),
        ("ssh h '[[ x ]]'", "/bin/sh"),
        ("echo 'a\\nb' > f", "/bin/sh"),  # what dash makes of it is what was meant
        ("x |& logger", "/bin/zsh"),
    ],
)
def test_nothing_is_said_where_the_shell_is_another(text: str, shell: str) -> None:
    assert "C450" not in {finding.code for finding in understand(text, shell=shell).findings}


def test_what_worked_on_the_host_and_is_taken_over_is_not_told() -> None:
    assert "C450" not in {finding.code for finding in understand("x |& logger", world=RED_HAT).findings}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/srv/x &> /dev/null", "/srv/x"),
        ("/srv/x a &>> l.log 2>&1", "/srv/x a"),
        ("cd /srv && ./x &> out.csv", "./x"),
        ("{ a; b; } &> /srv/l.log", "a; b"),
        ("a | b &> f", "a | b"),
        ("a; b &> f", "a; b"),
    ],
)
def test_both_outputs_are_a_background_job_to_dash(text: str, left: str) -> None:
    found = understand(text)
    assert found.remaining == left
    assert {"C416", "C450"} <= {finding.code for finding in found.findings}
    assert found.original == text


def test_both_outputs_are_both_outputs_to_bash_and_busybox() -> None:
    for world in (RED_HAT, ALPINE):
        found = understand("/srv/x &>> /var/log/x.log", world=world)
        assert (found.remaining, found.outputs[0].streams) == ("/srv/x", "both")


@pytest.mark.parametrize(
    ("text", "sh", "expected"),
    [
        ("[[ -f /x ]] && y", "dash", "`[[ -f /x ]]`: dash, the sh of the image x, has no such command"),
        ("[[ -f /x ]] && y", "busybox", ""),
        ("[[ -f /x ]] && y", "/usr/bin/bash", ""),
        ("x |& y", "busybox", "`|&`: BusyBox's ash, the sh of the image x, refuses the text"),
        ("x {1..3}; y", "busybox", "`{1..3}`: BusyBox's ash, the sh of the image x, leaves the text as it stands"),
        ("set -o pipefail; x | y", "dash", "`set -o pipefail`: dash"),
        ("set -o pipefail; x | y", "busybox", ""),
        ("x; y", "dash", ""),
    ],
)
def test_what_the_image_makes_of_it(text: str, sh: str, expected: str) -> None:
    """Of 40 constructs 18 work in BusyBox as in bash and fail or differ in dash: the image's shell decides."""
    needs = needs_of_job(understand(text), {})
    programs = frozenset({"/bin/x", "/bin/y", "/bin/sh"})
    effect = effect_of(needs, Worlds(image=Image("x", programs=programs, shells={"sh": sh})))
    told = [one.message for one in effect.findings if one.code == "C487"]
    assert len(told) == bool(expected)
    assert not expected or told[0].startswith(expected)


def test_what_nobody_looked_at_is_unknown() -> None:
    answers = effect_of(needs_of_job(understand("[[ x ]] && y"), {}), Worlds()).answers
    assert [(one.answer, one.evidence) for one in answers if one.need.kind == "dialect"] == [("unknown", "not looked")]


def test_most_constructs_work_in_busybox_where_dash_fails() -> None:
    other = [one for one in CONSTRUCTS.values() if one.dash != "works" and one.bash == "works"]
    assert len([one for one in other if one.ash == "works"]) >= 40


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("/usr/local/cpanel/bin/jailshell", "C424"),
        ("/bin/rbash", "C424"),
        ("/usr/bin/lshell", "C424"),
        ("/bin/bash", ""),
        ("/bin/sh", ""),
    ],
)
def test_a_shell_that_only_the_host_has(shell: str, code: str) -> None:
    found = understand("x; y", shell=shell, environment={"SHELL": shell})
    assert ("C424" in {finding.code for finding in found.findings}) == bool(code)
    assert found.interpreter[0] in ("/bin/bash", "/bin/sh")


@pytest.mark.parametrize(
    ("script", "world", "parts"),
    [
        ("#!/bin/sh\nset -e\nif [[ -f /x ]]; then\n  y\nfi\n", DEBIAN, ["`/srv/s.sh`: `[[ -f /x ]]`", "has never run"]),
        ("#!/bin/sh\nx\narr=(1 2)\ny\n", DEBIAN, ["`arr=(1 2)`", "nothing from that line on has ever run"]),
        ("#! /usr/bin/env sh\nsource /etc/x\n", DEBIAN, ["`source /etc/x`"]),
        ("x |& y\n", DEBIAN, ["`|&`"]),
        ("#!/bin/bash\n[[ x ]] && y\n", DEBIAN, []),
        ("#!/usr/bin/env bash\narr=(1)\n", DEBIAN, []),
        ("#!/usr/bin/python3\nx = [[1]]\n", DEBIAN, []),
        ("#!/bin/sh\nx\n", DEBIAN, []),
        ("#!/bin/sh\n[[ x ]] && y\n", RED_HAT, ["it works there"]),
        ("#!/bin/sh\nf() {\n  local a=1\n  return 2\n}\nf\n", DEBIAN, []),
    ],
)
def test_a_script_is_read_by_the_shell_of_its_first_line(script: str, world: World, parts: list[str]) -> None:
    entry = entry_of("0 1 * * * /srv/s.sh")
    work = work_of(entry, user="u", own_clock=True, world=world).with_script("/srv/s.sh", script)
    told = [finding.message for finding in work.findings if finding.code == "C450"]
    assert bool(told) == bool(parts)
    assert all(part in told[0] for part in parts)


def test_bash_itself_refuses_an_extended_pattern_in_a_line() -> None:
    """Run by bash 5.2: status 2, and nothing of the line ran."""
    line = "cd /srv/x && rm -rf !(keep)"
    (told,) = [
        one.message for one in understand(line, environment={}, shell="/bin/bash").findings if one.code == "C459"
    ]
    assert "has never run" in told and "`!(keep)`" in told
    done = subprocess.run(["bash", "-c", "echo start; ls !(keep)"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
