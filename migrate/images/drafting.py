"""Jobs of a workspace and the tree of their host -> drafts of images, written beside what people have edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from converters.hosts.files import release_of
from converters.images.draft import RUNTIMES, Draft, Group, draft
from converters.worlds.places import place_of
from migrate.errors import UserError
from migrate.machine.files import confined, make_directory, read_if_there, write_atomic
from migrate.machine.rooted import Tree
from migrate.sources.collected import files_of
from migrate.sources.host import HostFiles

if TYPE_CHECKING:
    from converters.hosts.facts import Host
    from migrate.document.job import Job
    from migrate.document.model import Document

_STAMP = "# cron2fargate draft {digest}: as long as this line fits the rest, a new draft takes its place.\n"
_STAMPED = re.compile(r"# cron2fargate draft ([0-9a-f]{16}): [^\n]*\n")
_SYSTEM = re.compile(r"/(?:usr/)?(?:local/)?s?bin/")
_VERSIONED = re.compile(r"(?:ruby|python|php|node|perl|java)(?=[0-9.]*\Z)")


@dataclass(frozen=True, slots=True)
class Written:
    """One draft: ``path`` in the workspace, and whether somebody's edit kept the old one in its place."""

    group: Group
    draft: Draft
    path: str
    kept: bool


def draft_images(out: Path, document: Document, root: Path | None) -> list[Written]:
    """Write images/NAME/Dockerfile for each group of the jobs that may move. ``root`` is the tree that was scanned."""
    if root is not None and not root.is_dir():
        raise UserError(f"{root}: no directory; give --host the tree that was scanned, or leave it out")
    files = files_of(Tree(root)) if root is not None else None
    jobs = [job for job in document.jobs if job.fate in ("move", "decide") and job.decided not in ("skip", "keep")]
    if not jobs:
        raise UserError(f"{out}: no job moves, so no image is needed; look at 'cron2fargate report'")
    return [_write(out, group, draft(group)) for group in groups_of(jobs, files)]


def groups_of(jobs: Iterable[Job], files: HostFiles | None) -> list[Group]:
    """The jobs by directory, runtime and user."""
    host = files.host() if files is not None else None
    release = release_of(files.text("/etc/os-release") or "") if files is not None else ("", "")
    together: dict[tuple[tuple[str, ...], str, str], list[Job]] = {}
    for job in jobs:
        directory = directory_of(job)
        key = ((directory,) if directory else ()), runtime_of(job), job.command.user or job.user or ""
        together.setdefault(key, []).append(job)
    found: list[Group] = []
    for (directories, runtime, user), members in sorted(together.items()):
        known = (host.users or {}).get(user) if host is not None else None
        programs = sorted({one for job in members for one in programs_of(job)})
        inside = tuple(f"{one}/" for one in directories)
        plain = [one for one in programs if "/" not in one or _SYSTEM.match(one)]
        found.append(
            Group(
                name=_name(directories, runtime, user, [one.name for one in found]),
                jobs=tuple(job.name for job in members),
                directories=directories,
                runtime=runtime,
                user=user,
                uid=known.uid if known else None,
                gid=known.gid if known else None,
                home=known.home if known else "",
                packages={one: _package(host, one) for one in plain},
                looked=host is not None and host.packages is not None,
                os=release[0],
                version=release[1],
                scripts=tuple(one for one in programs if one not in plain and not one.startswith(inside or ("//",))),
            )
        )
    return found


def programs_of(job: Job) -> list[str]:
    """Programs and scripts that it starts, by name or path, without what is known only when it runs."""
    needs = [one for one in job.needs if one.kind == "program" or (one.kind == "file" and one.role == "runs")]
    return [one.subject for one in needs if one.subject and not re.search(r"[$`*?\s]", one.subject)]


def directory_of(job: Job) -> str:
    """Where its application lies: its working directory, else what holds its script; empty where neither tells."""
    paths = [job.command.working_directory or "", *programs_of(job)]
    paths += [one.subject for one in job.needs if one.kind == "file" and one.role == "enters"]
    for path in paths:
        parts = path.strip("/").split("/")
        plain = path.startswith("/") and not _SYSTEM.match(path) and ".." not in parts
        # /etc, /var/log and the kernel's trees hold no application; nor does a directory that is all of a disk.
        if not plain or len(parts) < 2 or place_of(path).kind not in ("data", "home", "program"):
            continue
        # /opt/app of /opt/app/bin/x: the application is what stands in a directory of applications.
        depth = 3 if parts[0] in ("var", "usr", "home") else 2
        return "/" + "/".join(parts[:depth])
    return ""


def runtime_of(job: Job) -> str:
    """The language that it is written in, where its command says so."""
    for one in programs_of(job):
        base = one.rpartition("/")[2]
        found = _VERSIONED.match(base)
        if found is not None:
            return found[0]
    by_framework = {"rails": "ruby", "laravel": "php", "django": "python", "symfony": "php"}
    return by_framework.get((job.framework or "").lower(), "")


def _package(host: Host | None, program: str) -> str | None:
    """The package that brought a program to the host; a name that alternatives make (php) by its versioned file."""
    if host is None or host.packages is None:
        return None
    places = [program] if program.startswith("/") else [f"/usr/{one}/{program}" for one in ("bin", "sbin")]
    for path in places:
        if (owner := host.packages.owner(path)) is not None and not owner.removed:
            return owner.package
    versioned = re.compile(rf"/(?:usr/)?s?bin/{re.escape(program.rpartition('/')[2])}[0-9][0-9.]*\Z")
    near = sorted(package for path, package in host.packages.owners.items() if versioned.match(path))
    return near[-1] if near else None


def _name(directories: tuple[str, ...], runtime: str, user: str, taken: list[str]) -> str:
    """A name for the image and its directory, unlike any other."""
    words = [directories[0].rpartition("/")[2]] if directories else []
    words += [one for one in (runtime or ("" if words else "jobs"), user if user != "root" else "") if one]
    plain = re.sub(r"[^a-z0-9]+", "-", "-".join(dict.fromkeys(words)).lower()).strip("-")[:60] or "jobs"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name


def _write(out: Path, group: Group, made: Draft) -> Written:
    """Our own draft is replaced; one that somebody edited stays, and the new one is laid beside it."""
    folder = f"images/{group.name}"
    make_directory(confined(out, folder))
    relative = f"{folder}/Dockerfile"
    current = read_if_there(confined(out, relative))
    kept = bool(current) and not _is_ours(current or b"") and current != stamped(made.dockerfile).encode()
    path = f"{relative}.new" if kept else relative
    write_atomic(confined(out, path), stamped(made.dockerfile))
    ignore = f"{folder}/.dockerignore"
    if read_if_there(confined(out, ignore)) is None:
        write_atomic(confined(out, ignore), made.ignore)
    return Written(group, made, path, kept)


def stamped(text: str) -> str:
    """The draft with a first line by which an edit is seen."""
    return _STAMP.format(digest=sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]) + text


def _is_ours(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    found = _STAMPED.match(text)
    return found is not None and sha256(text[found.end() :].encode()).hexdigest()[:16] == found[1]


def build_words(written: Written, contexts: Mapping[str, str], out: Path) -> str:
    """The command that builds it."""
    given = " ".join(f"--build-context {name}=COPY-OF{directory}" for name, directory in contexts.items())
    return (
        f"docker build {given + ' ' if given else ''}--tag {written.group.name} {out / 'images' / written.group.name}"
    )


__all__ = ["RUNTIMES", "Written", "build_words", "draft_images", "groups_of"]
