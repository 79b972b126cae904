"""The tree and the configuration of an image -> its facts: what can be executed, what runs as `sh`, who is known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from converters.images.entrypoints import Within, absent, judged, wanted_by
from converters.images.facts import NO_X, PATH, SYSTEM, Image
from converters.images.rights import barred, writable
from converters.images.starters import Starter, no_splitting
from converters.images.tree import Tree
from converters.secrets.search import mask, mask_variable

SHOWN_FILES = 20_000
"""More paths than anybody's crontab names: then files are *not looked at*, and only programs are told."""
# e_machine of elf.h -> architectures as OCI names them.
MACHINES = {62: "amd64", 183: "arm64", 3: "386", 40: "arm", 243: "riscv64", 22: "s390x", 21: "ppc64le"}
# Where TLS libraries look: Debian, Alpine and SUSE; Red Hat (update-ca-trust(8)); OpenSSL's and LibreSSL's own.
_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
)
_LEFT_OUT = re.compile(r"/(?:\.git|node_modules|__pycache__|site-packages|dist-packages|gems)/")
KEPT = frozenset(
    {
        "/etc/passwd",
        "/etc/group",
        "/etc/os-release",
        "/usr/lib/os-release",
        "/var/lib/dpkg/status",
        "/lib/apk/db/installed",
    }
)
"""Texts that are kept while layers are read."""


def read_image(
    name: str, digest: str, config: Mapping[str, object], architecture: str, tree: Tree, packed: int, unpacked: int
) -> Image:
    """The facts; ``config`` is the ``config`` object of the image's configuration, of which only known keys are taken."""
    variables = dict(one.split("=", 1) for one in _texts(config, "Env") if "=" in one)
    # An entry of PATH that is empty is the directory where the job works, as `.` is (POSIX, XBD 8.3).
    path = tuple(one or "." for one in variables["PATH"].split(":")) if "PATH" in variables else PATH
    user = _text(config, "User")
    directory = _text(config, "WorkingDir") or "/"
    release = _fields(tree.text("/etc/os-release") or tree.text("/usr/lib/os-release"), "=")
    packages = _packages(tree)
    starter = Starter(tree, architecture, path, directory, no_splitting(packages, release))
    programs, broken, bare = _programs(tree, starter)
    entrypoint = _texts(config, "Entrypoint")
    within = Within(tree, variables, directory)
    wants = wanted_by(entrypoint, within)
    files = _files(tree)
    return Image(
        name=name,
        digest=digest,
        architecture=architecture,
        programs=programs,
        broken=broken,
        bare=bare,
        barred=barred(tree, user, programs | (files or frozenset()), starter),
        crlf=_crlf(tree),
        writable=writable(tree, user, _is_kept),
        absent=absent(entrypoint, within),
        files=files,
        links=_links(tree),
        path=path,
        shells=_shells(tree, starter),
        # images/NAME.json is committed: a password that stands in a command is masked as it is in a crontab.
        entrypoint=tuple(map(mask, entrypoint)),
        entry=judged(entrypoint, within),
        wants=wants.variables,
        lacks=wants.paths,
        command=tuple(map(mask, _texts(config, "Cmd"))),
        user=user,
        users=_numbers(tree.text("/etc/passwd")),
        groups=_numbers(tree.text("/etc/group")),
        working_directory=directory,
        stop_signal=_text(config, "StopSignal"),
        variables={key: mask_variable(key, value) for key, value in variables.items()},
        zone_data=any(one.startswith("/usr/share/zoneinfo/") for one in tree.nodes),
        certificates=any((node := tree.node(one)) is not None and node.size > 0 for one in _CERTIFICATES),
        locales=_locales(tree),
        os=f"{release.get('ID', '')} {release.get('VERSION_ID', '')}".strip(),
        packages=packages,
        packed=packed,
        unpacked=unpacked,
    )


def _text(config: Mapping[str, object], key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def _texts(config: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = config.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _programs(tree: Tree, starter: Starter) -> tuple[frozenset[str], dict[str, str], frozenset[str]]:
    """What has the x bit, by its own path and by links to it; which of these cannot start, with the reason; and which the
    kernel takes for no program, so that only a shell reads them."""
    found, broken, bare = set(), {}, set()
    for place, node in tree.nodes.items():
        real = tree.node(place) if node.kind == "link" else node
        if real is None or real.kind != "file" or _LEFT_OUT.search(place):
            continue
        if not real.mode & 0o111:
            if real.starts:
                found.add(place)
                broken[place] = NO_X
            continue
        found.add(place)
        verdict = starter.verdict(real)
        if verdict.why:
            broken[place] = verdict.why
        if verdict.bare:
            bare.add(place)
    return frozenset(found), broken, frozenset(bare)


def _links(tree: Tree) -> dict[str, str]:
    """Links to directories near the root, as merged /usr makes them."""
    found = {}
    for place, node in tree.nodes.items():
        if node.kind == "link" and place.count("/") <= 3:
            real = tree.resolve(place)
            target = tree.nodes.get(real) if real else None
            if real and target is not None and target.kind == "directory":
                found[place] = real
    return found


def _is_kept(place: str) -> bool:
    return not place.startswith(SYSTEM) and not _LEFT_OUT.search(place + "/")


# What a shell is told to read, by its name: scripts, settings, and what has no ending.
_FOR_A_SHELL = frozenset({"", ".sh", ".bash", ".ksh", ".env", ".conf", ".cfg", ".inc", ".rc", ".profile"})


def _crlf(tree: Tree) -> frozenset[str]:
    """Texts with CR LF that a shell may be told to read."""
    found = set()
    for place, node in tree.nodes.items():
        real = tree.node(place) if node.kind == "link" else node
        if real is None or not real.crlf or not _is_kept(place):
            continue
        shell = re.search(r"\b(?:sh|bash|dash|ash|ksh)\b", real.starts) is not None
        if shell or (not real.starts and posixpath.splitext(place)[1] in _FOR_A_SHELL):
            found.add(place)
    return frozenset(found)


def _files(tree: Tree) -> frozenset[str] | None:
    found = set(filter(_is_kept, tree.nodes))
    return frozenset(found) if len(found) <= SHOWN_FILES else None


_KNOWN_SHELLS = ("busybox", "dash", "bash", "ksh", "mksh", "zsh", "toybox")


def _shells(tree: Tree, starter: Starter) -> dict[str, str]:
    """What runs as ``sh`` and as ``bash``. The task starts `/bin/sh -c`, so that place counts first."""
    found = {}
    for name in ("sh", "bash"):
        place = starter.found(f"/bin/{name}") or starter.found(name)
        real = tree.resolve(place) if place is not None else None
        if real is not None:
            base = real.rpartition("/")[2]
            found[name] = next((one for one in _KNOWN_SHELLS if base.startswith(one)), base)
    return found


def _numbers(text: str | None) -> dict[str, int] | None:
    """Names and numbers of passwd or group; None where the file is not there: then only numbers can be a user."""
    if text is None:
        return {}
    rows = (line.split(":") for line in text.splitlines())
    return {row[0]: int(row[2]) for row in rows if len(row) > 2 and row[2].isdecimal() and len(row[2]) < 11}


def _fields(text: str | None, sign: str) -> dict[str, str]:
    rows = (line.partition(sign) for line in (text or "").splitlines())
    return {key.strip(): value.strip().strip("\"'") for key, found, value in rows if found}


def _locales(tree: Tree) -> tuple[str, ...]:
    prefix = "/usr/lib/locale/"
    return tuple(sorted({one[len(prefix) :].split("/")[0] for one in tree.nodes if one.startswith(prefix)}))


def _packages(tree: Tree) -> dict[str, str] | None:
    """Names and versions of dpkg's or apk's database; None where there is neither, as in an image of one program."""
    status, installed = tree.text("/var/lib/dpkg/status"), tree.text("/lib/apk/db/installed")
    if status is not None:
        return dict(_paragraphs(status, "Package: ", "Version: "))
    return dict(_paragraphs(installed, "P:", "V:")) if installed is not None else None


def _paragraphs(text: str, name: str, version: str) -> Iterator[tuple[str, str]]:
    for paragraph in text.split("\n\n"):
        lines = paragraph.splitlines()
        names = [line[len(name) :].strip() for line in lines if line.startswith(name)]
        if names:
            yield names[0], next((line[len(version) :].strip() for line in lines if line.startswith(version)), "")
