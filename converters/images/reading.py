"""The tree and the configuration of an image -> its facts: what can be executed, what runs as `sh`, who is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from converters.images.entrypoints import Within, judged, wanted_by
from converters.images.facts import PATH, SYSTEM, Image
from converters.images.rights import barred
from converters.images.tree import Node, Tree
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
    path = tuple(one for one in variables.get("PATH", "").split(":") if one.startswith("/")) or PATH
    programs, broken = _programs(tree, architecture, path)
    user = _text(config, "User")
    entrypoint = _texts(config, "Entrypoint")
    within = Within(tree, variables, _text(config, "WorkingDir") or "/")
    wants = wanted_by(entrypoint, within)
    files = _files(tree)
    release = _fields(tree.text("/etc/os-release") or tree.text("/usr/lib/os-release"), "=")
    return Image(
        name=name,
        digest=digest,
        architecture=architecture,
        programs=programs,
        broken=broken,
        bare=frozenset(one for one in programs if (node := tree.node(one)) is not None and not node.starts),
        barred=barred(tree, user, programs | (files or frozenset())),
        files=files,
        links=_links(tree),
        path=path,
        shells=_shells(tree, path, programs),
        # images/NAME.json is committed: a password that stands in a command is masked as it is in a crontab.
        entrypoint=tuple(map(mask, entrypoint)),
        entry=judged(entrypoint, within),
        wants=wants.variables,
        lacks=wants.paths,
        command=tuple(map(mask, _texts(config, "Cmd"))),
        user=user,
        users=_numbers(tree.text("/etc/passwd")),
        groups=_numbers(tree.text("/etc/group")),
        working_directory=_text(config, "WorkingDir") or "/",
        stop_signal=_text(config, "StopSignal"),
        variables={key: mask_variable(key, value) for key, value in variables.items()},
        zone_data=any(one.startswith("/usr/share/zoneinfo/") for one in tree.nodes),
        certificates=any((node := tree.node(one)) is not None and node.size > 0 for one in _CERTIFICATES),
        locales=_locales(tree),
        os=f"{release.get('ID', '')} {release.get('VERSION_ID', '')}".strip(),
        packages=_packages(tree),
        packed=packed,
        unpacked=unpacked,
    )


def _text(config: Mapping[str, object], key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def _texts(config: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = config.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _programs(tree: Tree, architecture: str, path: tuple[str, ...]) -> tuple[frozenset[str], dict[str, str]]:
    """What has the x bit, by its own path and by links to it; and which of these cannot start, with the reason."""
    found, broken = set(), {}
    for place, node in tree.nodes.items():
        real = tree.node(place) if node.kind == "link" else node
        if real is None or real.kind != "file":
            continue
        if not real.mode & 0o111:
            if real.starts and not _LEFT_OUT.search(place):
                found.add(place)
                broken[place] = "it has no x bit"
            continue
        if _LEFT_OUT.search(place):
            continue
        found.add(place)
        why = _broken(real, tree, architecture, path)
        if why:
            broken[place] = why
    return frozenset(found), broken


def _broken(node: Node, tree: Tree, architecture: str, path: tuple[str, ...]) -> str:
    """Why the kernel cannot start a file: execve(2) tells ENOENT of a missing interpreter as of a missing file."""
    return (
        _broken_binary(node, tree, architecture) if node.starts.startswith("ELF ") else _broken_script(node, tree, path)
    )


def _broken_binary(node: Node, tree: Tree, architecture: str) -> str:
    _elf, machine, loader = [*node.starts.split(" ", 2), "", ""][:3]
    # A kernel of amd64 runs programs of 386 too.
    if architecture and machine not in (architecture, "") and (machine, architecture) != ("386", "amd64"):
        return f"it is a program for {machine}, and the image is for {architecture}"
    return f"its loader {loader} is not there" if loader and tree.node(loader) is None else ""


def _broken_script(node: Node, tree: Tree, path: tuple[str, ...]) -> str:
    if not node.starts:
        return ""
    first, _, rest = node.starts.strip(" \t").partition(" ")
    if node.starts.endswith("\r"):
        shown = first.rstrip("\r")
        return f"its first line ends with CR (CRLF line endings), so its interpreter `{shown}\\r` is not there"
    if first.startswith("/") and tree.node(first) is None:
        return f"its interpreter {first} is not there"
    if first.rpartition("/")[2] == "env":
        word = next((one for one in rest.split() if not one.startswith("-") and "=" not in one), "")
        if word and "/" not in word and all(tree.node(f"{place}/{word}") is None for place in path):
            return f"its interpreter {word} is not on PATH"
    return ""


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


def _files(tree: Tree) -> frozenset[str] | None:
    found = {place for place in tree.nodes if not place.startswith(SYSTEM) and not _LEFT_OUT.search(place + "/")}
    return frozenset(found) if len(found) <= SHOWN_FILES else None


_KNOWN_SHELLS = ("busybox", "dash", "bash", "ksh", "mksh", "zsh", "toybox")


def _shells(tree: Tree, path: tuple[str, ...], programs: frozenset[str]) -> dict[str, str]:
    """What runs as ``sh`` and as ``bash``. The task starts `/bin/sh -c`, so that place counts first."""
    found = {}
    for name in ("sh", "bash"):
        for place in (f"/bin/{name}", *(f"{one}/{name}" for one in path)):
            real = tree.resolve(place)
            node = tree.nodes.get(real) if real else None
            if real and node is not None and node.kind == "file" and node.mode & 0o111:
                base = real.rpartition("/")[2]
                found[name] = next((one for one in _KNOWN_SHELLS if base.startswith(one)), base)
                break
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
