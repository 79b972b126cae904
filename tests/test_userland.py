"""Options that BusyBox's programs refuse, held against a real BusyBox, and whose program an image has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from converters.images.facts import Image
from tests.test_worlds import effect

LINES = [
    ("find . -printf '%p'", "-printf"),
    ("find . -newermt 2020-01-01", "-newermt"),
    ("find . -regextype posix-extended -regex x", "-regextype"),
    ("grep -P a f", "-P"),
    ("grep --include=*.x -r q .", "--include=*.x"),
    ("xargs -d , echo", "-d"),
    ("sort --parallel=2 f", "--parallel=2"),
    ("du --max-depth=1", "--max-depth=1"),
    ("ls --time-style=full-iso", "--time-style=full-iso"),
    ("stat --format=%s f", "--format=%s"),
    ("sed -z s/a/b/ f", "-z"),
    ("mktemp --suffix=.x", "--suffix=.x"),
    ("tail --pid=1 f", "--pid=1"),
    ("date --iso-8601", "--iso-8601"),
    ("date -d yesterday", "-d yesterday"),
    ("date -d '1 day ago'", "-d 1 day ago"),
    ("hostname -I", "-I"),
    ("env -S true", "-S"),
    ("wget --mirror http://127.0.0.1:1/", "--mirror"),
]
TAKEN = [
    "find . -name x -mtime +1",
    "grep -E a f",
    "xargs -n 1 echo",
    "sort -u f",
    "df -h",
    "du -d 1",
    "stat -c %s f",
    "sed -E s/a/b/ f",
    "timeout -k 5 10 true",
    "date +%F",
    "date -u +%s",
    "date -d @0 +%F",
    "date -d 2020-01-01 +%F",
    "wget -q -O- http://127.0.0.1:1/",
]


def image(**more: object) -> Image:
    names = [
        "find",
        "grep",
        "xargs",
        "sort",
        "df",
        "du",
        "ls",
        "stat",
        "sed",
        "mktemp",
        "timeout",
        "tail",
        "date",
        "hostname",
        "env",
        "wget",
        "sh",
        "echo",
        "true",
    ]
    programs = frozenset(f"/bin/{name}" for name in names)
    return Image("a:1", programs=programs, shells={"sh": "busybox"}, os="alpine 3.20", **more)  # type: ignore[arg-type]


def told(command: str, of: Image) -> list[str]:
    found = effect(command, image=of).findings
    return [one.message for one in found if one.code == "C487" and "BusyBox" in one.message]


@pytest.mark.parametrize(("command", "refused"), LINES)
def test_what_busybox_refuses(command: str, refused: str) -> None:
    assert any(f"`{refused}`" in message for message in told(command, image()))
    # Inside `$( )`, a pipe and another shell it is the same call.
    assert told(f'/app/x --day "$({command})"', image())
    assert told(f"true | {command}", image())


@pytest.mark.parametrize("command", TAKEN)
def test_what_busybox_takes(command: str) -> None:
    assert not told(command, image())


def test_gnus_programs_in_alpine_and_other_images() -> None:
    assert not told("date -d yesterday", image(packages={"coreutils": "9.5", "musl": "1"}))
    assert told("date -d yesterday", image(packages={"musl": "1"}))
    assert not told("grep -P a f", image(packages={"grep": "3.11"}))
    assert not told("date -d yesterday", Image("a:1", programs=frozenset({"/bin/date"}), shells={"sh": "dash"}))


def test_no_image_has_bsds_date() -> None:
    for command in ("/app/x $(date -v-1d +%F)", "date -v+1m", "D=`date -v-1w +%F`; /app/x $D"):
        assert any(one.code == "C447" and "BSD" in one.message for one in effect(command).findings), command


@pytest.mark.parametrize("command", [line for line, _ in LINES] + TAKEN)
def test_a_real_busybox_says_the_same(command: str, tmp_path: Path) -> None:
    """What the table names a BusyBox of this machine refuses too; what it does not name is taken."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("no busybox here")
    (tmp_path / "f").write_text("a\n", encoding="utf-8")
    ran = subprocess.run(
        [busybox, "sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    words = ("unrecognized", "invalid option", "invalid date")
    assert any(word in ran.stderr for word in words) == (command in dict(LINES)), ran.stderr
