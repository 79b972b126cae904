"""One ecs.yml that cannot be used, of each kind, under each command: told first and last, the others done, 1 returned."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate.cli import cli
from tests.aws.world import SETTINGS

TABLE = "1 2 * * * root /opt/a\n2 3 * * * root /opt/bad\n3 4 * * * root /opt/c\n"
DEVICE_NULL, DEVICE_ZERO = os.makedev(1, 3), os.makedev(1, 5)


def bound(file: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as one:
        patch.chdir(file.parent)  # a socket's path has 107 bytes at most
        one.bind(file.name)


def sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, 1 << 36)


def whole_directory(lay: Callable[[Path], object]) -> Callable[[Path], None]:
    def laid(file: Path) -> None:
        file.parent.rmdir()
        lay(file.parent)

    return laid


BOMB = "a0: &a0 [x]\n" + "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 12))
KINDS: dict[str, Callable[[Path], object]] = {
    "a mistake of YAML": lambda file: file.write_text("name: bad\nschedule: [\n"),
    "a key too many": lambda file: file.write_text(ORIGINAL + "nonsense: 1\n"),
    "another name": lambda file: file.write_text(ORIGINAL.replace('name: "bad"', 'name: "other"')),
    "the name of a good one": lambda file: file.write_text(ORIGINAL.replace('name: "bad"', 'name: "c"')),
    "empty": lambda file: file.write_text(""),
    "not UTF-8": lambda file: file.write_bytes(b"name: caf\xe9\n"),
    "UTF-16": lambda file: file.write_bytes(ORIGINAL.encode("utf-16")),
    "zero bytes": lambda file: file.write_bytes(bytes(100)),
    "nested": lambda file: file.write_text("[" * 50_000),
    "a bomb": lambda file: file.write_text(BOMB),
    "huge": lambda file: file.write_text(ORIGINAL + "# a comment\n" * 200_000),
    "64 GiB of nothing": sparse,
    "a directory": lambda file: file.mkdir(),
    "a FIFO": os.mkfifo,
    "a socket": bound,
    "a link nowhere": lambda file: file.symlink_to("none"),
    "a link out": lambda file: file.symlink_to("/etc/passwd"),
    "a link in a circle": lambda file: file.symlink_to("ecs.yml"),
    "a link to a device": lambda file: file.symlink_to("/dev/zero"),
    "a device": lambda file: os.mknod(file, 0o020666, DEVICE_ZERO),
    "a file for its directory": whole_directory(lambda file: file.write_text("x")),
    "a FIFO for its directory": whole_directory(os.mkfifo),
    "a link nowhere for its directory": whole_directory(lambda file: file.symlink_to("none")),
    "a link out for its directory": whole_directory(lambda file: file.symlink_to("/etc")),
}
COMMANDS = (
    ("scan", "table", "--system", "--timezone", "UTC", "--image", "example/app:1"),
    ("review", "--list"),
    ("review", "--accept-defaults"),
    ("report", "--open", "no"),
    ("status", "--offline"),
    ("export", "terraform"),
    ("export", "cloudformation"),
)
ORIGINAL = ""


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of three jobs, as a scan writes it."""
    place = tmp_path_factory.mktemp("bad-specs")
    (place / "table").write_text(TABLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        CliRunner().invoke(cli, COMMANDS[0])
    (place / "migration/cron2fargate.yml").write_text(SETTINGS)
    globals()["ORIGINAL"] = (place / "migration/jobs/bad/ecs.yml").read_text()
    return place


@pytest.fixture(autouse=True)
def no_command_hangs() -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", KINDS)
def test_each_command_leaves_it_out_and_does_the_rest(
    scanned: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = Path("migration/jobs/bad/ecs.yml")
    file.unlink()
    try:
        KINDS[kind](file)
    except PermissionError:
        pytest.skip("only root makes devices")
    jobs = sorted(Path("migration/jobs").iterdir())
    # A scan and a review take an empty file for what a full disk left behind, and write it anew.
    for command in COMMANDS if kind != "empty" else COMMANDS[3:]:
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        said = [line for line in done.output.splitlines() if line]
        assert (done.exception, done.return_value) == (None, 1), (command, done.output, done.exception)
        assert any(line.startswith("x bad is left out: ") for line in said[:2]), (command, said)
        assert said[-1].startswith("x left out: "), (command, said)
        assert "bad" in said[-1], (command, said)
        assert not any("root:x:" in line for line in said), "a file of this machine"
    good = {path.name for path in Path("migration/export/terraform/sandbox").iterdir()}
    assert {"job-a.tf", "job-c.tf"} <= good
    assert not any("bad" in name or "other" in name for name in good)
    assert sorted(Path("migration/jobs").iterdir()) == jobs
    assert not list(Path("migration").rglob("none"))


def test_a_job_that_may_not_be_read_is_left_out(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads whatever its mode is, so the refusal is the kernel's by another way: a descriptor that gives an error."""
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    real = os.read

    def refuses(descriptor: int, size: int) -> bytes:
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()).endswith("jobs/bad/ecs.yml"):
            raise PermissionError(13, "Permission denied")
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", refuses)
    for command in COMMANDS:
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        assert (done.exception, done.return_value) == (None, 1), (command, done.output, done.exception)
        assert "x bad is left out: migration/jobs/bad/ecs.yml: cannot be read (Permission denied)" in done.output
