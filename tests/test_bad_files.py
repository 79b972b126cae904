"""The other files of a workspace, each of every bad kind: one sentence that names it, nothing hung, nothing overwritten.

A spec that cannot be used is left out and the rest is done (`test_bad_specs.py`); without these files nothing can be done
that is sure, so they are never taken for absent or empty.
"""

from __future__ import annotations

import json
import os
import shutil
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
from migrate.machine.files import json_of, read_if_there
from migrate.trying import store as tries
from migrate.workspace.journal import Journal
from migrate.workspace.specs import known_names
from tests.aws.world import SETTINGS
from tests.test_bad_specs import BOMB, no_command_hangs, sparse

__all__ = ["no_command_hangs"]

IMAGE = f"images/{images.file_name('example/app:1')}"
STATE, JOURNAL = ".cron2fargate/state.json", ".cron2fargate/cutover.json"
SCAN = ("scan", "table", "--system", "--timezone", "UTC", "--image", "example/app:1")
REVIEW, REPORT, STATUS = ("review", "--list"), ("report", "--format", "md"), ("status", "--offline")
VERIFY = ("verify", "--log", "cron.log", "--timezone", "UTC")
READERS = {
    "review.yml": (SCAN, REVIEW),
    "cron2fargate.yml": (REPORT, ("export", "terraform")),
    IMAGE: (SCAN, REVIEW),
    "tries/a.json": (REPORT,),
    "report.json": (REVIEW, REPORT, STATUS, VERIFY),
    STATE: (SCAN,),
    JOURNAL: (SCAN, STATUS, VERIFY),
}
"""Every file that people or version control may spoil, with commands that cannot do without it."""

Kind = Callable[[Path, bytes], object]
KINDS: dict[str, Kind] = {
    "a FIFO": lambda file, _: os.mkfifo(file),
    "a directory": lambda file, _: file.mkdir(),
    "a link out": lambda file, _: file.symlink_to("/etc/passwd"),
    "a link to a device": lambda file, _: file.symlink_to("/dev/zero"),
    "a link nowhere": lambda file, _: file.symlink_to("none"),
    "a link in a circle": lambda file, _: file.symlink_to(file.name),
    "64 GiB of nothing": lambda file, _: sparse(file),
    "cut off": lambda file, whole: file.write_bytes(
        whole[: whole.rindex(b'"')] if b'"' in whole else whole[:-9] + b"["
    ),
    "not UTF-8": lambda file, _: file.write_bytes(b'{"x": "caf\xe9"}\n'),
    "zero bytes": lambda file, _: file.write_bytes(bytes(100)),
    "nested": lambda file, _: file.write_text("[" * 100_000),
    "nested and closed": lambda file, _: file.write_text('{"a":' * 100_000 + "1" + "}" * 100_000),
    "a bomb": lambda file, _: file.write_text(BOMB),
    "a list": lambda file, _: file.write_text("[]\n"),
    "a text": lambda file, _: file.write_text('"x"\n'),
    "a number": lambda file, _: file.write_text("1" * 10_000),
    "a key twice": lambda file, whole: file.write_bytes(_twice(whole)),
    "half a character": lambda file, _: file.write_text('{"\\ud800": "\\ud800"}\n'),
}
EMPTY: dict[str, Kind] = {
    "empty": lambda file, _: file.write_bytes(b""),
    "blank": lambda file, _: file.write_bytes(b" \n"),
}
"""In YAML a file without any word is an empty one, and that is what it may be."""


def _twice(whole: bytes) -> bytes:
    first = b'{"version": 1, "version": 1, ' if whole.lstrip().startswith(b"{") else b"version: 1\nowner: a\n"
    return first + whole.lstrip().removeprefix(b"{") + (b"" if first[:1] == b"{" else b"owner: a\nversion: 1\n")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with each of the files."""
    place = tmp_path_factory.mktemp("bad-files")
    out = place / "migration"
    (place / "table").write_text("1 2 * * * root /opt/a\n2 3 * * * root /opt/b\n")
    (place / "cron.log").write_text("Nov 28 02:01:01 h CRON[1]: (root) CMD (/opt/a)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        CliRunner().invoke(cli, SCAN)
        CliRunner().invoke(cli, ("review", "--accept-defaults"))
    (out / "cron2fargate.yml").write_text(SETTINGS)
    images.save(out, Image("example/app:1", programs=frozenset({"/opt/a"})))
    tries.save(out, Tried(job="a", image="example/app:1", digests=("sha256:1",), spec="sha256:0"))
    journal = Journal(out)
    journal.describe("a", path="table", line=1, digest="0" * 16, environment="sandbox", unit=["a"])
    journal.note(["a"], "comment", "begin", 1_790_000_000)
    journal.note(["a"], "comment", "done", 1_790_000_000)
    for file in READERS:
        assert (out / file).is_file(), file
    return place


def what(file: Path) -> tuple[object, ...]:
    """What stands there, so that a change of it shows."""
    found = file.lstat()
    small = stat.S_ISREG(found.st_mode) and found.st_size < 1 << 20
    return found.st_ino, found.st_mode, found.st_size, file.read_bytes() if small else b""


@pytest.mark.parametrize(
    ("file", "kind"),
    # A review.yml without a word in it holds no decision yet: that is no fault.
    [(file, kind) for file in READERS for kind in KINDS | EMPTY if not (kind in EMPTY and file == "review.yml")],
)
def test_a_file_that_cannot_be_used_is_named_and_left_alone(
    scanned: Path, tmp_path: Path, kind: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    bad = Path("migration") / file
    whole = bad.read_bytes()
    bad.unlink()
    (KINDS | EMPTY)[kind](bad, whole)
    before = what(bad)
    for command in READERS[file]:
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        error = done.exception
        assert isinstance(error, UserError | click.ClickException), (command, done.output, error)
        assert file in str(error), (command, error)
        for word in ("Expecting", "codec", "recursion", "sys.", "root:"):
            assert word not in str(error), (command, error)
        assert what(bad) == before, command


def leaves(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*at, key))
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from leaves(value[number], (*at, number))


GONE = object()
OTHERS = (
    GONE,
    None,
    True,
    5,
    -1,
    1.5,
    10**30,
    float("inf"),
    "",
    "x",
    "\ud800",
    "../../x",
    [],
    {},
    [None],
    {"a": None},
    {"": {}},
)


@pytest.mark.parametrize("file", [STATE, JOURNAL, IMAGE, "tries/a.json"])
def test_a_value_of_another_kind_anywhere_is_a_sentence(scanned: Path, tmp_path: Path, file: str) -> None:
    readers: dict[str, Callable[[Path], object]] = {
        STATE: known_names,
        JOURNAL: Journal,
        IMAGE: images.load,
        "tries/a.json": tries.load,
    }
    shutil.copytree(scanned / "migration", tmp_path, dirs_exist_ok=True)
    text = (tmp_path / file).read_text()
    for at in list(leaves(json.loads(text)))[1:]:
        for other in OTHERS:
            document = json.loads(text)
            inner = document
            for key in at[:-1]:
                inner = inner[key]
            if other is GONE:
                del inner[at[-1]]
            else:
                inner[at[-1]] = other
            (tmp_path / file).write_text(json.dumps(document).replace("Infinity", "1e400"))
            try:
                found = readers[file](tmp_path)
                if isinstance(found, Journal):
                    _ = [found.phase(name) for name in found.jobs], found.half(), found.accepted
            except UserError as error:
                assert file in str(error), (at, other, error)


TIMES = (
    "",
    "x",
    "2026-13-01T00:00:00Z",
    "9999-99-99T99:99:99Z",
    "2026-01-01T00:00:00",
    "2026-W01-1T00:00:00Z",
    "\u202e",
    "x\0y",
)
BAD_REPORTS: list[tuple[tuple[str | int, ...], object]] = [
    *((("window", key), value) for key in ("from", "until") for value in (*TIMES, None)),
    (("window", "until"), "2000-01-01T00:00:00Z"),
    (("window",), {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}),
    *((("jobs", 0, "parity", "first_differences"), [{"was": value, "is": None}]) for value in TIMES[1:]),
    *((("jobs", 0, "name"), value) for value in ("x\0y", "..", "a/b", "")),
    *((("jobs", 0, "directives"), value) for value in ({"a": 1}, {"timeout": "soon"}, {"name": "../x"})),
]


@pytest.mark.parametrize(("at", "value"), BAD_REPORTS)
def test_a_report_of_which_one_value_is_wrong_is_a_sentence_about_it(
    scanned: Path, tmp_path: Path, at: tuple[str | int, ...], value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is of the right kind, and still nothing that can be computed with: no page is half made of it."""
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = Path("migration/report.json")
    document = json.loads(file.read_text())
    inner = document
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    file.write_text(json.dumps(document))
    for command in (("report", "--format", "html"), ("review", "--accept-defaults")):
        error = CliRunner().invoke(cli, command, standalone_mode=False).exception
        assert error is None or (isinstance(error, UserError) and "report.json" in str(error)), (command, error)
        assert error is not None or command[0] == "report", command


BAD_JOURNALS = [
    {"unit": []},
    {"unit": ["a", "gone"]},
    {"line": "1"},
    {"steps": [{"step": "comment", "event": "begin"}]},
    {"steps": [{"at": "soon", "step": "comment", "event": "begin"}]},
    {"steps": [{"at": "2026-01-01T00:00:00Z", "step": "comment", "event": "over"}]},
    {"shadow": {"told": []}},
    {"path": None},
]


@pytest.mark.parametrize("change", BAD_JOURNALS)
def test_a_journal_of_which_one_value_is_wrong_is_no_journal(
    scanned: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    found = json.loads((scanned / "migration" / JOURNAL).read_text())
    found["jobs"]["a"] |= change
    (tmp_path / ".cron2fargate").mkdir()
    (tmp_path / JOURNAL).write_text(json.dumps(found))
    with pytest.raises(UserError, match=r"cutover\.json: damaged \(.*take it from a backup"):
        Journal(tmp_path)


@pytest.mark.parametrize(
    ("data", "clause"),
    [
        (b"", "it is empty"),
        (b'{"a": 1,\n "a": 2}', "'a' stands twice in it"),
        (b'{"a": 1,\n', r"not JSON \(line 2\)"),
        (b'{"a": NaN}', r"not JSON \(a number that is none\)"),
        (b"1" * 9999, r"not JSON \(a number that is none\)"),
        (b"[" * 99_999, r"not JSON \(nested too deep\)"),
        (b'"\xe9"', r"not UTF-8 text \(byte 1\)"),
    ],
)
def test_what_is_wrong_with_json_is_a_clause(data: bytes, clause: str) -> None:
    with pytest.raises(ValueError, match=f"^{clause}$"):
        json_of(data)


def test_a_fifo_that_a_person_names_is_read_once_something_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FIFO_WAIT", 0.1)
    os.mkfifo(tmp_path / "settings")
    with pytest.raises(UserError, match="nothing has written to"):
        read_if_there(tmp_path / "settings")
    readable, writable = os.pipe()
    os.write(writable, b"owner: a\n")
    os.close(writable)
    assert read_if_there(Path(f"/dev/fd/{readable}")) == b"owner: a\n"
    os.close(readable)
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(UserError, match="not a regular file"):
            read_if_there(Path(device))


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_a_sentence(name: str) -> None:
    with pytest.raises(UserError, match="no file can have this name"):
        read_if_there(Path(name))
