"""What is said of an entry script against what dash, BusyBox and bash do with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from converters.images.entry_arguments import of_script
from tests.images.entry_forms import KNOWN, ODD, Form

FORMS = (*KNOWN, *ODD)
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash"]}
READ_BY = {"sh": ("dash", "busybox"), "bash": ("bash",)}
# Known to one of the shells alone, which `test_entry_dialects` is about.
ONLY = {"consul": ("busybox",)}
ALL = [(form, shell) for form in FORMS for shell in ONLY.get(form.name, READ_BY[form.shell])]

_SECOND = 'shift\nexec "$@"'
_BEHIND = 'while [ "$1" != -- ]; do shift; done\nshift\nexec "$@"'
_ROOT = f'[ "${{FAKE_UID:-0}}" = 0 ] || exit 1\nFAKE_UID=1000\nexport FAKE_UID\n{_SECOND}'
_SERVES = "exec sleep 1000"
STUBS = {
    "id": 'case "$1" in -u) echo "${FAKE_UID:-0}";; *) echo root;; esac',
    **dict.fromkeys(("gosu", "su-exec"), _ROOT),
    **dict.fromkeys(("tini", "dumb-init", "wait-for-it.sh"), _BEHIND),
    "bundle": f'case "$1" in exec) {_SECOND.replace(chr(10), ";")};; esac',
    **dict.fromkeys(("docker", "composer", "consul"), "exit 1"),
    "traefik": '[ -n "$KNOWS" ]',
    "supervisord": _SERVES,
    **dict.fromkeys(
        (
            "java",
            "python",
            "node",
            "php",
            "chown",
            "nc",
            "pg_isready",
            "celery",
            "gunicorn",
            "httpd",
            "haproxy",
            "service",
            "printenv",
        ),
        "exit 0",
    ),
}
WORDS = ["two words", "", "$HOME *", "--flag"]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("programs")
    for name, body in STUBS.items():
        (place / name).write_text(f"#!/bin/sh\n{body}\n")
    # Each start is a line: how many words, and each of them.
    (place / "job").write_text('#!/bin/sh\nprintf "%s|" "$#" "$@" >> "$SAID"\necho >> "$SAID"\nexit "$ENDS"\n')
    for one in place.iterdir():
        one.chmod(0o755)
    return place


def _places(place: Path, way: dict[str, str]) -> Iterator[Path]:
    for name in way.get("FILES", "").split():
        path = place / name
        if name.endswith("/"):
            path.mkdir()
        else:
            path.touch()
        yield path


def really(form: Form, shell: str, way: dict[str, str], programs: Path, place: Path, ends: int) -> set[str]:
    """The kinds that one run may be told as. A run that is to be without an end is given up after a second; any other is waited
    for, so no slow machine makes one of the other."""
    place.mkdir(parents=True)
    list(_places(place, way))
    script, said = place / "entry", place / "said"
    script.write_text(f"#!/bin/{form.shell}\n{form.text}")
    script.chmod(0o755)
    variables = {name: value for name, value in way.items() if name not in ("FILES", "BARE")}
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SAID": str(said),
        "ENDS": str(ends),
        "HOME": str(place),
        **variables,
    }
    job = "job" if "BARE" in way else str(programs / "job")
    process = subprocess.Popen(
        [*SHELLS[shell], str(script), job, *WORDS],
        env=environment,
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        status: int | None = process.wait(
            timeout=1 if form.kind in ("endless", "stays") or "supervisord" in form.text else 60
        )
    except subprocess.TimeoutExpired:
        status = None
    if form.kind == "leaves":
        return {"leaves"} if status == 0 else {"passes"}
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return _told(said.read_text().splitlines() if said.exists() else [], status, ends)


def _told(starts: list[str], status: int | None, ends: int) -> set[str]:
    right = f"{len(WORDS)}|{'|'.join(WORDS)}|"
    if not starts:
        if status is None:
            return {"endless", "ignores", "eats"}
        return {"ignores", "eats", "drops", "splits"} | ({"ends", "breaks"} if status else set())
    if len(starts) > 1:
        return {"again"}
    if starts[0] != right:
        return (
            {"adds"} if starts[0].startswith(right.partition("|")[2]) or right[2:] in starts[0] else {"drops", "splits"}
        )
    if status is None:
        return {"stays"}
    if status == ends:
        return {"passes", "root"}
    return {"swallows"} if status == 0 else {"changes"}


@pytest.mark.real
@pytest.mark.parametrize(("form", "shell"), ALL, ids=[f"{one.name}-{shell}" for one, shell in ALL])
def test_what_is_said_is_what_happens(form: Form, shell: str, programs: Path, tmp_path: Path) -> None:
    """The table against the shells: in every way that is tried, what must be said is what happens; where the ways differ,
    nobody can say it, and it must be asked."""
    seen = [really(form, shell, way, programs, tmp_path / str(at), 3) for at, way in enumerate(form.ways)]
    if form.kind != "unread":
        assert all(form.kind in one for one in seen), seen
    elif len(form.ways) > 1:
        assert "passes" in set.union(*seen) and not all("passes" in one for one in seen), seen
    # A job that ends well is told so.
    if form.kind in ("passes", "root"):
        assert all(
            "passes" in really(form, shell, way, programs, tmp_path / f"well{at}", 0)
            for at, way in enumerate(form.ways)
        )


@pytest.mark.parametrize(("form", "shell"), ALL, ids=[f"{one.name}-{shell}" for one, shell in ALL])
def test_what_must_be_said_is_said(form: Form, shell: str) -> None:
    assert of_script(f"#!/bin/{form.shell}\n{form.text}", shell=shell) == form.kind


def test_the_table_is_large_enough() -> None:
    assert len(KNOWN) >= 30 and len(ODD) >= 30
    assert len({form.name for form in FORMS}) == len(FORMS)
