"""A Dockerfile for jobs that have no image yet: the host's release, packages, user and directories as text, and what is open.

A draft builds what is known and says what is not, as a comment at its place: nobody should have to find out from a task that
never begins.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# os-release(5) ID -> the official image, by VERSION_ID. RHEL's own needs a subscription for packages; AlmaLinux is built
# from the same sources. Docker Official Images, library/*.
BASES: Mapping[str, tuple[str, str]] = {
    "debian": ("debian:{version}-slim", "apt"),
    "ubuntu": ("ubuntu:{version}", "apt"),
    "raspbian": ("debian:{version}-slim", "apt"),
    "alpine": ("alpine:{version}", "apk"),
    "fedora": ("fedora:{version}", "dnf"),
    "almalinux": ("almalinux:{version}", "dnf"),
    "rocky": ("rockylinux/rockylinux:{version}", "dnf"),
    "rhel": ("almalinux:{version}", "dnf"),
    "centos": ("quay.io/centos/centos:stream{version}", "dnf"),
    "ol": ("oraclelinux:{version}", "dnf"),
    "amzn": ("amazonlinux:{version}", "dnf"),
}
# Runtimes with an image of their own, all of Debian; their tags are versions, which only the host's own program could tell.
RUNTIMES: Mapping[str, str] = {
    "ruby": "ruby",
    "python": "python",
    "php": "php",
    "node": "node",
    "perl": "perl",
    "java": "eclipse-temurin",
}
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "apt": ("ca-certificates", "tzdata"),
    "apk": ("ca-certificates", "tzdata"),
    "dnf": ("ca-certificates", "tzdata", "shadow-utils"),
}
# `Essential: yes` and what they pull in (Debian's list of essential packages), and their names elsewhere: in each base.
IN_EACH_BASE = frozenset(
    word
    for line in (
        "base-files base-passwd bash bsdutils coreutils dash debianutils diffutils dpkg findutils grep gzip hostname",
        "init-system-helpers libc-bin login ncurses-bin perl-base sed sysvinit-utils tar util-linux mawk passwd busybox",
        "alpine-baselayout glibc-common rpm",
    )
    for word in line.split()
)
SECRET_FILES = (".env", ".env.*", "*.pem", "*.key", "id_rsa*", "*.p12", ".aws", ".ssh", ".netrc", ".my.cnf", ".pgpass")
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*\Z")
_LINE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that one image can hold: they share directory, runtime and user.

    ``directories``  of the application, as the host names them
    ``packages``     program -> its package on the host; None where no package brought it, or nobody looked
    ``looked``       the host's package database was read
    ``uid``, ``gid`` of the user on the host; None where its passwd was not read
    ``os``, ``version``  ID and VERSION_ID of the host's os-release; empty where it was not read
    ``scripts``      scripts and programs outside of ``directories`` that no package brought
    """

    name: str
    jobs: tuple[str, ...]
    directories: tuple[str, ...] = ()
    runtime: str = ""
    user: str = ""
    uid: int | None = None
    gid: int | None = None
    home: str = ""
    packages: Mapping[str, str | None] = field(default_factory=dict)
    looked: bool = False
    os: str = ""
    version: str = ""
    scripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """``dockerfile`` and ``ignore`` are texts of files; ``contexts`` name -> directory of the host that it stands for; ``open``
    what nobody could know, as questions."""

    dockerfile: str
    ignore: str
    contexts: Mapping[str, str]
    open: tuple[str, ...]


def draft(group: Group) -> Draft:
    """The draft of a group. Nothing of it is executed here, and no value of a variable is in it."""
    base, manager, asked = _base(group)
    questions = list(asked)
    contexts = {_context(number): directory for number, directory in enumerate(group.directories)}
    lines = list(_head(group, contexts))
    lines += [*_comments(asked), f"FROM {base}", ""]
    lines += _install(group, manager, questions)
    lines += _user(group, manager, questions)
    lines += _copies(group, contexts, questions)
    lines += _end(group)
    return Draft("\n".join(lines) + "\n", _ignore(), contexts, tuple(map(_plain, questions)))


def _context(number: int) -> str:
    # The name of a build context: letters and digits, as each builder takes them.
    return "application" + (str(number + 1) if number else "")


def _plain(text: str) -> str:
    """A text of somebody's crontab on one line: a line break in a comment would begin an instruction."""
    return _LINE.sub("?", text)


def _head(group: Group, contexts: Mapping[str, str]) -> Iterator[str]:
    given = " ".join(f"--build-context {name}=DIRECTORY" for name in contexts)
    yield f"# A draft for {len(group.jobs)} job{'s' if len(group.jobs) != 1 else ''}: {_plain(', '.join(group.jobs[:20]))}"
    yield f"# Build it: docker build {given + ' ' if given else ''}--tag {group.name} ."
    for name, directory in contexts.items():
        yield f"#   {name}: a copy of {_plain(directory)} as the host has it; keep secrets out by its .dockerignore"
    yield ""


def _base(group: Group) -> tuple[str, str, list[str]]:
    """The image, its package manager, and what is open about it."""
    known = BASES.get(group.os)
    if known is not None and re.fullmatch(r"[0-9][0-9A-Za-z._-]*", group.version):
        # os-release of AlmaLinux, Rocky and RHEL says 9.4, and their images have tags for both.
        asked = []
        if group.os in ("rhel", "centos", "raspbian"):
            asked.append(
                f"The host is {group.os} {group.version}, whose own image is not used here; is this base like it?"
            )
        return known[0].format(version=group.version), known[1], asked
    what = (
        f"The host's release ({group.os} {group.version}) has no image that is known here"
        if group.os
        else ("Nobody has read the host's os-release")
    )
    if group.runtime in RUNTIMES:
        name = RUNTIMES[group.runtime]
        return (
            f"{name}:VERSION",
            "apt",
            [f"{what}: which version of {group.runtime} does it run? Write it for VERSION."],
        )
    return "debian:stable-slim", "apt", [f"{what}: is this base like it?"]


def _comments(questions: list[str]) -> list[str]:
    return [f"# Open: {_plain(one)}" for one in questions]


_INSTALL: Mapping[str, tuple[str, str, str, str]] = {
    # hadolint's rule that asks for pinned versions, the command, what stands before it, what is cleaned behind it
    "apt": ("DL3008", "apt-get install -y --no-install-recommends", "apt-get update", "rm -rf /var/lib/apt/lists/*"),
    "apk": ("DL3018", "apk add --no-cache", "", ""),
    "dnf": ("DL3041", "dnf install -y", "", "dnf clean all"),
}


def _install(group: Group, manager: str, questions: list[str]) -> list[str]:
    rule, command, before, behind = _INSTALL[manager]
    wanted = {one for one in group.packages.values() if one and one not in IN_EACH_BASE and _PACKAGE.match(one)}
    names = sorted(wanted | set(_ALWAYS[manager]))
    found: list[str] = []
    unknown = sorted(program for program, package in group.packages.items() if package is None)
    if unknown:
        why = "no package of the host brought" if group.looked else "nobody has read the host's package database for"
        found.append(f"{why} {', '.join(unknown)}: how does the image get {'them' if len(unknown) > 1 else 'it'}?")
        found[-1] = found[-1][0].upper() + found[-1][1:]
    questions += found
    # The release pins them: a package's version that is gone from the mirror tomorrow would end the build.
    steps = [one for one in (before, f"{command} \\\n      " + " \\\n      ".join(names), behind) if one]
    return [*_comments(found), f"# hadolint ignore={rule}", "RUN " + " \\\n && ".join(steps), ""]


def _user(group: Group, manager: str, questions: list[str]) -> list[str]:
    """The user with the host's numbers, by which files on EFS are owned."""
    if group.user in ("", "root"):
        return []
    if not _NAME.match(group.user):
        questions.append(
            f"The jobs run as {group.user}, a name that no tool here makes: which user is it in the image?"
        )
        return [*_comments(questions[-1:]), ""]
    asked = []
    if group.uid is None:
        asked.append(f"Which uid has {group.user} on the host? Files on EFS are owned by numbers; 1000 stands here.")
    uid = group.uid if group.uid is not None else 1000
    gid = group.gid if group.gid is not None else uid
    home = shlex.quote(group.home or f"/home/{group.user}")
    questions += asked
    if manager == "apk":
        made = [
            f"(getent group {gid} > /dev/null || addgroup -g {gid} {group.user})",
            f'group="$(getent group {gid})"',
            f"(getent passwd {group.user} > /dev/null || adduser -D -H -u {uid} -G "
            f'"${{group%%:*}}" -h {home} {group.user})',
        ]
    else:
        # Users of packages (www-data) are there already, with the same numbers on each Debian.
        made = [
            f"(getent group {gid} > /dev/null || groupadd --gid {gid} {group.user})",
            f"(getent passwd {group.user} > /dev/null || useradd --uid {uid} --gid {gid} --home-dir {home} "
            f"--no-create-home --no-log-init {group.user})",
        ]
    return [*_comments(asked), "RUN " + " \\\n && ".join(made), ""]


def _copies(group: Group, contexts: Mapping[str, str], questions: list[str]) -> list[str]:
    owner = f"--chown={group.uid}:{group.gid} " if group.uid and group.gid is not None and group.user != "root" else ""
    lines = []
    for name, directory in contexts.items():
        # hadolint knows the stages of a file, and not the contexts that are given with the build.
        lines.append("# hadolint ignore=DL3022")
        lines.append(f"COPY --from={name} {owner}{_json(['.', directory])}")
    asked = []
    if group.scripts:
        asked.append(f"The jobs start {', '.join(group.scripts)}, which lie outside: copy them, or move them in.")
    if group.runtime in ("ruby", "python", "php", "node") and contexts:
        asked.append(
            f"Are the libraries of {group.runtime} (gems, packages, vendor, node_modules) in the directory, or must they be "
            "installed here?"
        )
    questions += asked
    return [*_comments(asked), *lines, ""] if asked or lines else []


def _json(words: list[str]) -> str:
    return json.dumps([_plain(word) for word in words], ensure_ascii=False)


def _end(group: Group) -> Iterator[str]:
    if group.directories:
        yield f"WORKDIR {_escaped(group.directories[0])}"
    if group.user not in ("", "root") and _NAME.match(group.user):
        uid = group.uid if group.uid is not None else 1000
        yield f"# {group.user}: by numbers, so that whoever runs it needs no passwd to know that it is not root."
        yield f"USER {uid}:{group.gid if group.gid is not None else uid}"
    yield "# No ENTRYPOINT: it would take the command of ecs.yml for its arguments. Secrets come from ecs.yml, never from here."


def _escaped(path: str) -> str:
    """A path for WORKDIR, where variables are replaced."""
    return _plain(path).replace("\\", "\\\\").replace("$", "\\$")


def _ignore() -> str:
    """Of the build's own directory nothing is copied; what the application's own should leave out stands as a comment."""
    rows = ["# Nothing of this directory is copied into the image.", "*", ""]
    rows += ["# For the .dockerignore of each application directory: none of these belongs into an image."]
    return "\n".join([*rows, *(f"# **/{one}" for one in (*SECRET_FILES, ".git"))]) + "\n"
