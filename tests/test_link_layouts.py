"""Every place of a workspace, with every kind of thing laid there that leads elsewhere, under every command.

Law: whatever stands in a place, nothing outside the workspace is made, changed or read into what is said or written; and
what cannot be done is one sentence. What `--out` and `--to` name is somebody's own, and may be a link.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from converters.images.facts import Image
from converters.images.tried import Tried
from migrate.cli import cli
from migrate.errors import UserError
from migrate.images import store as images
from migrate.machine import files
from migrate.sites import exchange
from migrate.trying import store as tries
from migrate.workspace import completion
from migrate.workspace.journal import Journal
from tests.aws.world import SETTINGS
from tests.effort import DEEP
from tests.test_bad_specs import no_command_hangs

__all__ = ["no_command_hangs"]

MARK = "seen-from-outside"
IMAGE = "example/app:1"
SCAN = ("scan", "table", "--system", "--timezone", "UTC", "--image", IMAGE)
COMMANDS: dict[str, tuple[str, ...]] = {
    "scan": SCAN,
    "scan tree": ("scan", "tree", "--timezone", "UTC", "--image", IMAGE),
    "review list": ("review", "--list"),
    "review": ("review", "--accept-defaults"),
    "review again": ("review", "a", "--again", "--accept-defaults"),
    "report": ("report", "--open", "no"),
    "draft": ("image", "--draft", "--host", "tree"),
    "terraform": ("export", "terraform"),
    "directories": ("export", "terraform", "--layout", "directories"),
    "cloudformation": ("export", "cloudformation"),
    "status": ("status", "--offline", "--root", "tree"),
    "verify": ("verify", "--log", "cron.log", "--timezone", "UTC"),
    "iam": ("iam", "-e", "sandbox"),
    "cutover": ("cutover", "--all", "--print", "--root", "tree", "--yes"),
    "rollback": ("rollback", "--all", "--print", "--root", "tree", "--yes"),
    "plan": ("plan", "--rehearse", "--create"),
    "register": ("register", "--rehearse", "--create", "--yes"),
    "release": ("register", "--rehearse", "--create", "--yes", "--image", "app=example/app:2"),
    "try": ("try", "--all", "--engine", "podman", "--once"),
}
SLOW = ("plan", "register", "release", "try", "cutover", "rollback")
PID = os.getpid()
FILES = [
    "cron2fargate.yml",
    "review.yml",
    "report.json",
    "report.md",
    "report.html",
    "jobs/a/ecs.yml",
    "jobs/b/ecs.yml.new",
    "jobs/b/ecs.yml.latest",
    f"images/{images.file_name(IMAGE)}",
    "images/other.json",
    "images/jobs/Dockerfile",
    "images/jobs/Dockerfile.new",
    "images/jobs/.dockerignore",
    "tries/a.json",
    "tries/other.json",
    ".cron2fargate/state.json",
    ".cron2fargate/proposed.json",
    ".cron2fargate/bases.json",
    ".cron2fargate/ecs.schema.json",
    ".cron2fargate/cron2fargate.schema.json",
    ".cron2fargate/unfinished",
    ".cron2fargate/cutover.json",
    ".cron2fargate/cutover.lock",
    ".cron2fargate/backups/.gitignore",
    "export/terraform/sandbox/job-a.tf",
    "export/terraform/sandbox/jobs/a/job-a.tf",
    "export/cloudformation/sandbox/job-a.yml",
    f".report.json.{PID}.c2f-tmp",
    f".report.html.{PID}.c2f-tmp",
    f".review.yml.{PID}.c2f-tmp",
    f"jobs/a/.ecs.yml.{PID}.c2f-tmp",
    f".cron2fargate/.state.json.{PID}.c2f-tmp",
    f".cron2fargate/.cutover.json.{PID}.c2f-tmp",
]
DIRECTORIES = [
    "jobs",
    "jobs/a",
    "images",
    "images/jobs",
    "tries",
    ".cron2fargate",
    ".cron2fargate/backups",
    "export",
    "export/terraform",
    "export/terraform/sandbox",
    "export/terraform/sandbox/jobs",
    "export/terraform/sandbox/jobs/a",
    "export/cloudformation/sandbox",
]
Lay = Callable[[Path, Path], object]
KINDS: dict[str, Lay] = {
    "a link out": lambda at, to: at.symlink_to(to.absolute()),
    "a link out by dots": lambda at, to: at.symlink_to(os.path.relpath(to, at.parent)),
    "a link to what is not there": lambda at, to: at.symlink_to(to.absolute().with_name("made")),
    "a link to a directory": lambda at, to: at.symlink_to(to.absolute().parent),
    "a link by /proc": lambda at, to: at.symlink_to(f"/proc/self/root{to.absolute()}"),
    "a link to a device": lambda at, _: at.symlink_to("/dev/zero"),
    "a circle": lambda at, _: at.symlink_to(at.name),
    "a FIFO": lambda at, _: os.mkfifo(at),
    "a directory": lambda at, _: at.mkdir(),
    "a hard link": lambda at, to: os.link(to, at),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything stands that a command writes, and its twin outside with a word in every file."""
    place = tmp_path_factory.mktemp("layouts")
    out = place / "migration"
    text = "1 2 * * * root /opt/a\n2 3 * * * root /opt/b\n"
    (place / "tree/etc/cron.d").mkdir(parents=True)
    (place / "tree/etc/cron.d/app").write_text(text)
    (place / "table").write_text(text)
    (place / "cron.log").write_text("Nov 28 02:01:01 h CRON[1]: (root) CMD (/opt/a)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for words in (SCAN, COMMANDS["review"]):
            CliRunner().invoke(cli, words)
        (out / "cron2fargate.yml").write_text(SETTINGS)
        images.save(out, Image(IMAGE, programs=frozenset({"/opt/a"})))
        tries.save(out, Tried(job="a", image=IMAGE, digests=("sha256:1",), spec="sha256:0"))
        for command in ("report", "draft", "terraform", "directories", "cloudformation"):
            CliRunner().invoke(cli, COMMANDS[command])
    journal = Journal(out)
    journal.describe("a", path="table", line=1, digest="0" * 16, environment="sandbox", unit=["a"])
    journal.note(["a"], "comment", "begin", 1_790_000_000)
    journal.note(["a"], "comment", "done", 1_790_000_000)
    for name in FILES:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / "jobs/b/ecs.yml").write_text((out / "jobs/b/ecs.yml").read_text() + "# edited\n")
    twin = place / "victim"
    shutil.copytree(out, twin)
    for name in FILES:
        (twin / name).touch()
    for one in twin.rglob("*"):
        if one.is_file():
            said = one.read_text()
            mark = said.replace("/opt/a", f"/opt/a --{MARK}")
            one.write_text(mark if mark != said or one.suffix == ".json" else f"{said}# {MARK}\n")
    (twin / ".cron2fargate/unfinished").touch()
    return place


def outside(place: Path) -> dict[str, tuple[object, ...]]:
    """All of the twin, as it stands."""
    found: dict[str, tuple[object, ...]] = {}
    for one in [place / "victim", *sorted((place / "victim").rglob("*"))]:
        known = one.lstat()
        data = one.read_bytes() if one.is_file() else b""
        found[str(one)] = (known.st_ino, known.st_mode, known.st_uid, known.st_size, data)
    return found


def laid(whole: Path, place: Path, name: str, kind: str) -> Path:
    """A fresh workspace with one thing in one place."""
    shutil.copytree(whole, place, symlinks=True)
    at = place / "migration" / name
    if at.is_dir():
        shutil.rmtree(at)
    at.unlink(missing_ok=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    KINDS[kind](at, place / "victim" / name)
    return at


def seen(place: Path, at: Path) -> list[str]:
    """The files of the workspace that hold what only stands outside; no link is followed."""
    found = []
    for above, _directories, names in os.walk(place / "migration"):
        for one in (Path(above) / name for name in names):
            if stat.S_ISREG(one.lstat().st_mode) and one != at and MARK.encode() in one.read_bytes():
                found.append(str(one))
    return found


def one_sentence(error: BaseException | None) -> bool:
    return error is None or isinstance(error, UserError | click.ClickException | click.exceptions.Exit | SystemExit)


def check(place: Path, at: Path, kind: str, words: tuple[str, ...]) -> list[str]:
    """What a command does against the law."""
    before = outside(place)
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    said = f"{done.output}{done.exception or ''}"
    wrong = []
    if not one_sentence(done.exception):
        wrong.append(f"{type(done.exception).__name__}: {done.exception}")
    if outside(place) != before:
        wrong.append("something outside was changed")
    # A file of two names is in the workspace as much as outside.
    if kind != "a hard link" and (MARK in said or seen(place, at)):
        wrong.append(f"what stands outside was seen: {seen(place, at)}")
    return wrong


def layouts() -> Iterator[tuple[str, str]]:
    for name in FILES + DIRECTORIES:
        for kind in KINDS:
            if not (kind == "a hard link" and name in DIRECTORIES):
                yield name, kind


SHARES = 8


@pytest.mark.parametrize("share", range(SHARES))
def test_nothing_outside_is_made_changed_or_seen(
    whole: Path, tmp_path: Path, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All layouts under all commands where much is tried; else some by lot."""
    signal.alarm(0 if DEEP else 300)
    lot = random.Random(os.environ.get("LOT"))
    every = list(layouts())
    wrong = []
    for name, kind in every[share::SHARES] if DEEP else lot.sample(every, 4):
        for command, words in COMMANDS.items():
            # The commands that take a second each try one layout in so many.
            if command in SLOW and not DEEP and lot.random() > 0.1:
                continue
            place = tmp_path / "place"
            at = laid(whole, place, name, kind)
            monkeypatch.chdir(place)
            wrong += [f"{name}, {kind}, {command}: {one}" for one in check(place, at, kind, words)]
            monkeypatch.chdir(tmp_path)
            shutil.rmtree(place)
    assert not wrong, "\n".join(wrong)


OWN = {
    "scan": (*SCAN, "--out", "own"),
    "review": ("review", "--accept-defaults", "--out", "own"),
    "report": ("report", "--open", "no", "--out", "own"),
    "export": ("export", "terraform", "--out", "own"),
    "status": ("status", "--offline", "--out", "own"),
    "to": ("export", "terraform", "--to", "own"),
}


@pytest.mark.parametrize("command", OWN)
def test_what_a_person_names_may_be_a_link(
    whole: Path, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    shutil.copytree(whole, place)
    (place / "own").symlink_to("migration" if command != "to" else "elsewhere")
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place)
    done = CliRunner().invoke(cli, OWN[command], standalone_mode=False)
    assert done.exception is None, done.exception
    if command == "to":
        assert (place / "elsewhere/job-a.tf").is_file()
    assert json.loads((place / "migration/report.json").read_text())["jobs"]


@pytest.mark.parametrize("kind", ["a FIFO", "a link to a device", "a link out", "a circle"])
def test_a_shells_tab_waits_for_nothing_and_leads_nowhere(
    whole: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = click.Context(click.Command("x"))
    for name, asked in (("cron2fargate.yml", completion.environments), ("jobs", completion.jobs)):
        place = tmp_path / name
        at = laid(whole, place, name, kind)
        shutil.copytree(place / "victim/jobs/a", place / "victim/jobs/seen")
        monkeypatch.chdir(place)
        offered = completion.Offered(asked).shell_complete(context, click.Argument(["x"]), "")
        assert at.name not in {one.value for one in offered}
        assert not {"seen", "sandbox"} & {one.value for one in offered}


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full"])
def test_answers_are_read_from_no_device(
    whole: Path, tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    done = CliRunner().invoke(cli, ("review", "--answers", device), standalone_mode=False)
    assert "not a regular file" in str(done.exception)


def test_a_file_that_is_replaced_keeps_no_setuid(tmp_path: Path) -> None:
    """A hard link to a program of root's, laid where root writes a report."""
    (tmp_path / "program").write_text("x")
    (tmp_path / "program").chmod(0o6755)
    os.link(tmp_path / "program", tmp_path / "report.md")
    files.write_atomic(tmp_path / "report.md", "text")
    assert stat.S_IMODE((tmp_path / "report.md").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "program").stat().st_mode) == 0o6755


@pytest.mark.parametrize("name", ["app[1]", "a*", "what?"])
def test_what_a_killed_run_left_is_found_beside_a_table_of_any_name(tmp_path: Path, name: str) -> None:
    left = tmp_path / f".{name}.999999991.c2f-tmp"
    left.write_text("1 2 * * * x\n")
    other = tmp_path / ".app.999999991.c2f-tmp"
    other.write_text("y")
    assert exchange.sweep(tmp_path / name, set()) == [str(left)]
