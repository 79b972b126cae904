"""First lines of scripts: what the kernel makes of them, and `env` and the interpreter of the one word they are handed.

Each row was run: on Linux 6.18 with dash, bash, Python 3.11 and env of coreutils 9.1, and with BusyBox 1.35.
`tests/real/test_first_lines.py` runs them again in images of a real engine.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converters.images.facts import Image, as_mapping, from_mapping
from migrate.images.sources import read
from tests.images.builder import ROOT, Entry, elf, layer, layout, parts

NAME = "registry.example.com/app:1"
LONG = "x" * 300
HERE = "/app" + "/." * 124 + "/int"

# The first line of /app/x | why it cannot start, empty where it can; BARE where a shell alone reads it.
BARE = "bare"
LINES: dict[str, tuple[str, str]] = {
    "plain": ("#!/bin/sh", ""),
    "blanks around": ("#! \t/bin/sh \t-e\t", ""),
    "one cluster": ("#!/bin/sh -eu", ""),
    "two options are one word": ("#!/bin/sh -e -u", "`sh` is given `-e -u` as one option"),
    "an option with a word": ("#!/bin/bash -euo pipefail", "`bash` is given `-euo pipefail` as one option"),
    "with +": ("#!/bin/sh +e -u", "as one option"),
    "python": ("#!/usr/bin/python3 -u -O", "`python3` is given `-u -O` as one option"),
    "perl reads the line itself": ("#!/usr/bin/perl -w -T", ""),
    "a name of an operand": ("#!/usr/bin/awk -f", ""),
    "env": ("#!/usr/bin/env sh", ""),
    "env and an option": ("#!/usr/bin/env sh -e", "`env` looks for one program called `sh -e`"),
    "env and a path": ("#!/usr/bin/env /bin/sh", ""),
    "env and a path that is none": ("#!/usr/bin/env /bin/zsh", "its interpreter /bin/zsh is not there"),
    "env -S": ("#!/usr/bin/env -S sh -e", ""),
    "env -S glued": ("#!/usr/bin/env -Ssh -e", ""),
    "env -vS": ("#!/usr/bin/env -vS sh -e", ""),
    "env -S with options of its own": ("#!/usr/bin/env -S -i -u A PATH=/bin sh -e", ""),
    "env --split-string": ("#!/usr/bin/env --split-string=sh -e", ""),
    "env -S of nothing there": ("#!/usr/bin/env -S ruby -w", "its interpreter ruby is not on PATH"),
    "env -S, CR": ("#!/usr/bin/env -S sh\r", ""),
    "env -S of BusyBox": ("#!/app/bb/env -S sh -e", "BusyBox's env does not know"),
    "env of BusyBox": ("#!/app/bb/env sh", ""),
    "env alone": ("#!/usr/bin/env", "starts the script itself"),
    "env and a variable": ("#!/usr/bin/env A=1 sh", "starts the script itself"),
    "env -i": ("#!/usr/bin/env -i", "starts the script itself"),
    "env -i and a program": ("#!/usr/bin/env -i sh", "`env` is given `-i sh` as one option"),
    "env, CR": ("#!/usr/bin/env sh\r", "looks for `sh\\r`"),
    "no x bit": ("#!/app/nox", "its interpreter /app/nox has no x bit"),
    "env, no x bit": ("#!/usr/bin/env nox", "its interpreter /app/nox has no x bit"),
    "a directory": ("#!/usr/bin", "its interpreter /usr/bin is a directory"),
    "a loader that is missing": ("#!/app/foreign", "its interpreter /app/foreign cannot start: its loader"),
    "env, a loader that is missing": ("#!/usr/bin/env foreign", "cannot start: its loader"),
    "relative": ("#!sh", "is no path from `/`"),
    "relative with a dot": ("#!./nox", "is no path from `/`"),
    "CR": ("#!/bin/sh\r", "ends with CR"),
    "CR behind an option": ("#!/bin/sh -e\r", "ends with CR"),
    "perl, CR behind an option": ("#!/usr/bin/perl -w\r", ""),
    "a long option": (f"#!/bin/sh -{LONG}", ""),
    "many blanks": ("#!/bin/sh" + " " * 300, ""),
    "a long name": (f"#!/{LONG}", "longer than the 256 bytes"),
    "a long path that ends in time": ("#!/app" + "/." * 115 + "/int", ""),
    "a long path to a shell": ("#!/bin" + "/." * 124 + "/sh", BARE),
    "a long path to another": (f"#!{HERE}", "longer than the 256 bytes"),
    "nothing": ("#!", BARE),
    "blanks alone": ("#! \t", BARE),
    "NUL ends the name": ("#!/bin/sh\0 -e -u", ""),
    "an interpreter without a first line": ("#!/app/text", BARE),
    "five scripts": ("#!/app/c4", ""),
    "six scripts": ("#!/app/c5", "more than 5"),
    "itself": ("#!/app/x", "more than 5"),
    "BusyBox and its applet": ("#!/app/bb/busybox sh", ""),
    "BusyBox and two words": ("#!/app/bb/busybox sh -e", "one applet called `sh -e`"),
}
CHAIN: tuple[Entry, ...] = tuple(
    (f"app/c{n}", 0o755, f"#!{'/bin/sh' if n == 1 else f'/app/c{n - 1}'}\n") for n in range(1, 6)
)
PLACES: tuple[Entry, ...] = (
    *((f"usr/bin/{name}", 0o755, elf()) for name in ("bash", "perl", "python3", "awk")),
    ("app/nox", 0o644, elf()),
    ("app/int", 0o755, elf()),
    ("app/text", 0o755, "true\n"),
    ("app/foreign", 0o755, elf(loader="/lib/ld-musl.so")),
    ("app/bb/busybox", 0o755, elf()),
    ("app/bb/env", 0o777, "->busybox"),
    *CHAIN,
)


def made(place: Path, *entries: Entry, **config: object) -> Image:
    return read(f"oci:{layout(place / 'oci', (parts([layer(*ROOT, *entries)], config), 'amd64'))}", NAME)


def test_each_first_line(tmp_path: Path) -> None:
    wrong = []
    entries = [(f"app/x{n}", 0o755, f"{line}\nexit 3\n") for n, (line, _why) in enumerate(LINES.values())]
    entries[list(LINES).index("itself")] = ("app/x", 0o755, "#!/app/x\n")
    image = made(tmp_path, *PLACES, *entries, Env=["PATH=/usr/bin:/bin:/app"], WorkingDir="/app")
    for (what, (_line, wanted)), entry in zip(LINES.items(), entries, strict=True):
        place = "/" + entry[0]
        why, bare = image.why_not(place), place in image.bare
        if (
            bare != (wanted == BARE)
            or (wanted not in ("", BARE) and wanted not in why)
            or (wanted in ("", BARE) and why)
        ):
            wrong.append((what, why, bare))
    assert not wrong, wrong
    assert from_mapping(json.loads(json.dumps(as_mapping(image)))) == image


@pytest.mark.parametrize(
    ("entries", "refused"),
    [
        ([("var/lib/dpkg/status", 0o644, "Package: coreutils\nVersion: 8.28-1ubuntu1\n\n")], True),
        ([("var/lib/dpkg/status", 0o644, "Package: coreutils\nVersion: 8.30-3\n\n")], False),
        ([("var/lib/dpkg/status", 0o644, "Package: coreutils\nVersion: 1:9.1-1\n\n")], False),
        ([("etc/os-release", 0o644, 'ID="centos"\nVERSION_ID="7"\n')], True),
        ([("etc/os-release", 0o644, 'ID="amzn"\nVERSION_ID="2023"\n')], False),
    ],
)
def test_an_env_too_old_for_splitting(tmp_path: Path, entries: list[Entry], refused: bool) -> None:
    image = made(tmp_path, *entries, ("app/x", 0o755, "#!/usr/bin/env -S sh -e\n"))
    assert ("coreutils 8.2" in image.why_not("/app/x")) == refused


INTERPRETERS: tuple[tuple[str, list[Entry], str], ...] = (
    ("#!/opt/own/int", [("opt/own/int", 0o750, elf())], "`/opt/own/int` has mode 0750"),
    ("#!/opt/own/int", [("opt/own/", 0o700, ""), ("opt/own/int", 0o755, elf())], "`/opt/own` has mode 0700"),
    ("#!/opt/own/int", [("opt/own/int", 0o711, elf())], ""),
    # An interpreter that is a script is read too, and so is its own.
    ("#!/opt/own/int", [("opt/own/int", 0o711, "#!/bin/sh\n")], "`/opt/own/int` has mode 0711"),
    (
        "#!/opt/own/int",
        [("opt/own/int", 0o755, "#!/opt/own/in\n"), ("opt/own/in", 0o700, elf())],
        "`/opt/own/in` has mode 0700",
    ),
    ("#!/usr/bin/env int", [("usr/bin/int", 0o700, elf())], "`/usr/bin/int` has mode 0700"),
    ("#!/usr/bin/env -S int -e", [("usr/bin/int", 0o700, elf())], "`/usr/bin/int` has mode 0700"),
    (
        "#!/bin/dash",
        [("usr/bin/dash", 0o755, elf(loader="/lib/ld")), ("lib/ld", 0o700, elf())],
        "`/lib/ld` has mode 0700",
    ),
)


@pytest.mark.parametrize(("line", "entries", "why"), INTERPRETERS, ids=range(len(INTERPRETERS)))
def test_an_interpreter_that_the_images_user_may_not_start(
    tmp_path: Path, line: str, entries: list[Entry], why: str
) -> None:
    image = made(tmp_path, *entries, ("app/x", 0o755, f"{line}\n"), User="app")
    assert why in image.barred.get("/app/x", "") if why else "/app/x" not in image.barred


# ENV's PATH | where `tool` is | where it is found from /app, and whether a runtime takes it as process 1
PATHS: tuple[tuple[list[str], list[Entry], str | None, bool], ...] = (
    (["PATH=/bin:opt"], [("app/opt/tool", 0o755, "#!/bin/sh\n")], "/app/opt/tool", False),
    (["PATH=/bin:"], [("app/tool", 0o755, "#!/bin/sh\n")], "/app/tool", False),
    (["PATH=.:/bin"], [("app/tool", 0o755, "#!/bin/sh\n")], "/app/tool", False),
    (["PATH="], [("app/tool", 0o755, "#!/bin/sh\n")], "/app/tool", False),
    (["PATH="], [("usr/bin/tool", 0o755, "#!/bin/sh\n")], None, False),
    (["PATH=/bin:opt"], [("usr/bin/tool", 0o755, "#!/bin/sh\n")], "/usr/bin/tool", True),
    ([], [("usr/bin/tool", 0o755, "#!/bin/sh\n")], "/usr/bin/tool", True),
    (
        ["PATH=/app:/bin"],
        [("app/tool", 0o644, "#!/bin/sh\n"), ("usr/bin/tool", 0o755, "#!/bin/sh\n")],
        "/usr/bin/tool",
        True,
    ),
    (["PATH=/bin/:/app/"], [("app/tool", 0o755, "#!/bin/sh\n")], "/app/tool", True),
)


@pytest.mark.parametrize(("variables", "entries", "place", "taken"), PATHS, ids=range(len(PATHS)))
def test_where_a_name_is_found(
    tmp_path: Path, variables: list[str], entries: list[Entry], place: str | None, taken: bool
) -> None:
    image = made(tmp_path, *entries, Env=variables, WorkingDir="/app")
    assert image.where("tool") == place
    assert (place is not None and not image.only_from_here("tool")) == taken
