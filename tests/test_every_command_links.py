"""Every command there is, with what leads elsewhere laid at every place that it writes.

The commands come from the program itself, so that a new one cannot be forgotten; the places come from watching what each one
writes. Law: nothing outside is made, changed or seen, and what cannot be done is one sentence.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from migrate.aws import tasks
from migrate.cli import cli
from migrate.errors import UserError
from tests.aws.conftest import models_are_read_once
from tests.aws.world import new_world
from tests.cutover.place import NOW, Place, new_place
from tests.effort import DEEP
from tests.images.builder import ROOT, layer, layout, parts
from tests.test_bad_specs import no_command_hangs
from tests.test_link_layouts import KINDS, MARK, one_sentence

__all__ = ["models_are_read_once", "no_command_hangs"]

IMAGE = "example/app:1"
SUBNET = "subnet-01234567"
ACCEPTED = ("--accept", "C604", "--accept-loss")
Way = tuple[str, ...] | Callable[[Place], object]

WAYS: dict[str, tuple[Way, ...]] = {
    "collect": (("collect", "--root", "host", "web1.tar"),),
    "scan": (("scan", "host", "--timezone", "UTC", "--image", IMAGE), ("scan", "host", "--format", "json")),
    "init": (
        ("init", "--out", "fresh", "--region", "eu-west-1", "--subnet", SUBNET, "--security-group", "sg-01234567"),
    ),
    "review": (("review", "--accept-defaults"), ("review", "a", "--again", "--accept-defaults")),
    "report": tuple(("report", "--open", "no", "--format", form) for form in ("html", "md", "json")),
    "image": (("image", "--draft", "--host", "host"), ("image", "oci:layout", "--as", IMAGE)),
    "try": (("try", "a", "--once", "--engine", "none-such"),),
    "discover": (("discover",),),
    "explain": (("explain", "--system", "5 4 * * * root /opt/a"),),
    "plan": (("plan", "--create", "--save", "kept.json"), ("plan", "--rehearse", "--create")),
    "check": (("check",),),
    "register": (("register", "--create", "--yes"), ("register", "--rehearse", "--create", "--yes")),
    "run": (("run", "a", "--timeout", "1", "--yes"),),
    "logs": (("logs", "a", "--since", "1h"),),
    "enable": (("enable", "a", "--accept", "C604", "--yes"),),
    "disable": (("disable", "a", "--yes"),),
    "cutover": (
        ("cutover", "--all", "--dry-run", "--root", "host", *ACCEPTED),
        ("cutover", "--all", "--print", "--yes", "--root", "host", *ACCEPTED),
        lambda place: place.forward("a"),
    ),
    "rollback": (
        ("rollback", "--all", "--print", "--yes", "--root", "host"),
        lambda place: (place.forward("b"), place.backward("b")),
    ),
    "verify": (("verify", "--log", "cron.log", "--timezone", "UTC"), ("verify", "--log", "cron.log", "-e", "sandbox")),
    "status": (("status", "--root", "host"), ("status", "--offline", "--root", "host", "--details")),
    "missing": (("missing",), ("missing", "a", "--known", "--yes")),
    "redrive": (("redrive", "--dry-run"), ("redrive", "a", "--yes")),
    "export": (
        ("export", "terraform"),
        ("export", "terraform", "--layout", "directories"),
        ("export", "cloudformation"),
    ),
    "iam": (("iam", "-e", "sandbox"),),
    "schema": (("schema", "ecs"), ("schema", "settings")),
    "completion": (("completion", "bash"), ("completion", "zsh")),
}
"""For each command the ways that it is started; a function where only a clock of a test ends it."""
OWN = {".", "migration", "host", "host/etc", "host/etc/cron.d", "fresh", "web1.tar", "kept.json"}
"""What the command line names is somebody's own, and may be a link; and directories of which only the time has changed."""
READ = [
    "host/etc/cron.d/app",
    "migration/.cron2fargate",
    "migration/.cron2fargate/cutover.json",
    "migration/.cron2fargate/state.json",
    "migration/cron2fargate.yml",
    "migration/jobs",
    "migration/jobs/a",
    "migration/jobs/a/ecs.yml",
    "migration/report.json",
    "migration/review.yml",
]
"""What most commands read: laid where one writes nothing."""
STALE = {
    "scan": (".cron2fargate/proposed.json", ".cron2fargate/state.json", "jobs/a/ecs.yml", "report.json", "report.md"),
    "review": ("review.yml",),
    "report": ("report.html", "report.md"),
    "image": ("images",),
    "export": ("export",),
}
"""What is taken away before: the same bytes are not written again."""
MADE = [("report", "--open", "no", "--format", "html"), *(way for name in ("image", "export") for way in WAYS[name])]
TABLE = "1 2 * * * root /opt/a\n2 3 * * * root /opt/b\n"


def test_no_command_is_forgotten() -> None:
    assert isinstance(cli, click.Group)
    assert set(WAYS) == set(cli.list_commands(click.Context(cli)))


@dataclass
class Base:
    """A workspace in which everything stands, its host, and a twin outside with a word in every file; ``written`` says for
    each way of a command what it writes."""

    place: Place
    top: Path
    written: dict[tuple[str, int], list[str]] = field(default_factory=dict)


EVERY_WAY = [(name, number) for name, found in WAYS.items() for number in range(len(found))]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    top = tmp_path_factory.mktemp("every")
    with pytest.MonkeyPatch.context() as patch, new_world() as world:
        patch.chdir(top)
        layout(top / "layout", (parts([layer(*ROOT)], {"Cmd": ["/opt/a"]}), "amd64"))
        (top / "cron.log").write_text("Nov 28 02:01:01 h CRON[1]: (root) CMD (/opt/a)\n")
        # Paths as a person types them, for these are in names and in reports.
        with new_place(world, Path(), {"etc/cron.d/app": TABLE.encode()}, scan_tree=True) as place:
            found = Base(place, top)
            for way in MADE:
                assert _go(place, way)[1] is None, way
            _twin(top)
            patch.setattr(tasks, "start", _no_task)
            for name, number in EVERY_WAY:
                found.written[name, number] = _written(found, name, number, tmp_path_factory.mktemp("seen"), patch)
            yield found


def _go(place: Place, way: Way) -> tuple[str, BaseException | None]:
    """What is said, and how it ends."""
    for rule in place.enabled():  # as another way left it
        place.world.client("events").disable_rule(Name=rule)
    place.clock.second = NOW
    if isinstance(way, tuple):
        done = CliRunner().invoke(cli, way, standalone_mode=False)
        return f"{done.output}{done.exception or ''}", done.exception
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            way(place)
    except Exception as error:
        return f"{said.getvalue()}{error}", error
    return said.getvalue(), None


def _written(base: Base, name: str, number: int, top: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Every path below the top that is opened for writing, made, or other than before; also for a moment."""
    opened: set[Path] = set()
    really = os.open

    def noted(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            above = Path.cwd() if dir_fd is None else Path(f"/proc/self/fd/{dir_fd}").readlink()
            opened.add(above / os.fsdecode(path))
        return really(path, flags, mode, dir_fd=dir_fd)

    _fresh(base, top, name)
    before = _snapshot(top)
    with patch.context() as inner:
        inner.chdir(top)
        inner.setattr(os, "open", noted)
        _go(base.place, WAYS[name][number])
    after = _snapshot(top)
    found = {os.path.relpath(path, top) for path in opened}
    found |= {one for one in after.keys() | before.keys() if after.get(one) != before.get(one)}
    return sorted(one for one in found if not one.startswith(("..", "/")) and one not in OWN)


def _fresh(base: Base, top: Path, name: str) -> None:
    shutil.copytree(base.top, top, symlinks=True, dirs_exist_ok=True)
    for stale in STALE.get(name, ()):
        path = top / "migration" / stale
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _snapshot(top: Path) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for path in top.rglob("*"):
        known = path.lstat()
        found[str(path.relative_to(top))] = (known.st_ino, known.st_mtime_ns, known.st_size)
    return found


def _twin(top: Path) -> None:
    for name in ("migration", "host"):
        shutil.copytree(top / name, top / "victim" / name)
    for one in (top / "victim").rglob("*"):
        if one.is_file():
            said = one.read_text("utf-8", "replace")
            mark = said.replace("/opt/a", f"/opt/a --{MARK}")
            one.write_text(mark if mark != said or one.suffix == ".json" else f"{said}# {MARK}\n")


def _outside(top: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for one in [top / "victim", *sorted((top / "victim").rglob("*"))]:
        known = one.lstat()
        found[str(one)] = (known.st_ino, known.st_mode, known.st_uid, one.read_bytes() if one.is_file() else b"")
    return found


def _seen(top: Path, at: Path) -> list[str]:
    """Files beside the twin that hold what only stands there; no link is followed."""
    return [
        str(one)
        for above, _, names in os.walk(top)
        for one in (Path(above) / name for name in names)
        if "victim" not in one.relative_to(top).parts
        and stat.S_ISREG(one.lstat().st_mode)
        and one != at
        and MARK.encode() in one.read_bytes()
    ]


def _lay(base: Base, top: Path, command: str, name: str, kind: str) -> Path:
    _fresh(base, top, command)
    at, to = top / name, top / "victim" / name
    if at.is_dir() and not at.is_symlink():
        shutil.rmtree(at)
    at.unlink(missing_ok=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    if not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(f"# {MARK}\n")
    if kind == "a hard link" and to.is_dir():
        kind = "a FIFO"
    KINDS[kind](at, to)
    return at


def _against(place: Place, top: Path, way: Way, at: Path, kind: str) -> list[str]:
    """What a command does against the law where one thing lies at one place."""
    before = _outside(top)
    said, error = _go(place, way)
    wrong = [] if one_sentence(error) else [f"{type(error).__name__}: {error}"]
    wrong += [] if "Traceback" not in said else ["a traceback"]
    wrong += [] if _outside(top) == before else ["something outside was made or changed"]
    if kind != "a hard link" and (MARK in said or _seen(top, at)):
        wrong.append(f"what stands outside was seen: {_seen(top, at) or said[-300:]}")
    return wrong


def test_what_is_written_is_known(base: Base) -> None:
    """The places are found by watching; that some are known from elsewhere shows that watching sees them."""
    every = {name for names in base.written.values() for name in names}
    assert every >= {
        "fresh/cron2fargate.yml",
        "host/etc/cron.d/app",
        "migration/.cron2fargate/backups",
        "migration/.cron2fargate/cutover.json",
        "migration/.cron2fargate/cutover.lock",
        "migration/.cron2fargate/state.json",
        "migration/images",
        "migration/jobs/a/ecs.yml",
        "migration/report.html",
        f"migration/.report.json.{os.getpid()}.c2f-tmp",
    }
    assert [name for name in every if name.startswith("migration/images/") and name.endswith(".json")]


@pytest.mark.parametrize(("command", "number"), EVERY_WAY)
def test_nothing_outside_is_made_changed_or_seen(
    base: Base, tmp_path: Path, command: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS[command][number]
    lot = random.Random(f"{os.environ.get('LOT')} {command} {number}")
    every = [(name, kind) for name in base.written[command, number] or READ for kind in KINDS]
    wrong = []
    for name, kind in every if DEEP else lot.sample(every, min(len(every), 4)):
        signal.alarm(60)  # for each anew
        top = tmp_path / "top"
        at = _lay(base, top, command, name, kind)
        monkeypatch.chdir(top)
        wrong += [f"{name}, {kind}: {one}" for one in _against(base.place, top, way, at, kind)]
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(top)
    assert not wrong, "\n".join(wrong)


def _no_task(*_given: object, **_more: object) -> str:
    raise UserError("no task is started here")
