"""The texts of a host's small files -> facts. Each reads as the program does that the file is for; none raises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from converters.hosts.facts import User

# gethostname(2) holds 64 characters; `.` and `..` are no names, and a name may become a part of others.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ASSIGNED = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)")
# Names that every hosts file has, whatever the host: netbase's and cloud-init's templates.
_EVERYWHERE = re.compile(
    r"(?:localhost|ip6-|fe00|ff0).*|.*localhost(?:\.localdomain)?\d?(?:\.localdomain\d?)?|broadcasthost"
)
_LOOPBACK = re.compile(r"127\.|::1$|fe00::|ff0\d::|0\.0\.0\.0$|255\.255\.255\.255$")
_SHARED = frozenset(
    {"efs", "nfs", "nfs4", "cifs", "smb3", "smbfs", "glusterfs", "ceph", "fuse.sshfs", "fuse.glusterfs", "9p", "afs"}
)

_EFS = re.compile(r"\bfs-[0-9a-f]{8,40}\b.*\.efs\.[a-z0-9-]+\.amazonaws\.com|^127\.0\.0\.1:/")
_TCP = re.compile(r"\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A ")


def users_of(passwd: str) -> dict[str, User]:
    """passwd(5): seven fields; the first line of a name counts. A ``+`` line (compat) names no user."""
    found: dict[str, User] = {}
    for line in passwd.splitlines():
        fields = line.split(":")
        if (
            len(fields) == 7
            and fields[0]
            and fields[0][0] not in "+-#"
            and fields[2].isdecimal()
            and fields[3].isdecimal()
        ):
            user = User(fields[0], int(fields[2]), int(fields[3]), fields[5], fields[6])
            found.setdefault(fields[0], user)
    return found


def groups_of(group: str) -> dict[str, int]:
    """group(5): four fields."""
    found: dict[str, int] = {}
    for line in group.splitlines():
        fields = line.split(":")
        if len(fields) == 4 and fields[0] and fields[2].isdecimal():
            found.setdefault(fields[0], int(fields[2]))
    return found


def members_of(group: str) -> dict[str, frozenset[str]]:
    """group(5): the last field names the users to whom a group is given beside their own."""
    found: dict[str, frozenset[str]] = {}
    for line in group.splitlines():
        fields = line.split(":")
        if len(fields) == 4 and fields[0] and fields[2].isdecimal():
            found.setdefault(fields[0], frozenset(name.strip() for name in fields[3].split(",") if name.strip()))
    return found


def hostname_of(text: str) -> str | None:
    """hostname(5): the first line that is no comment."""
    for line in text.splitlines():
        name = line.strip()
        if name and not name.startswith("#"):
            return name if _NAME.fullmatch(name) else None
    return None


def hostname_of_network(text: str) -> str | None:
    """``HOSTNAME=`` of Red Hat's /etc/sysconfig/network, before hostname(5) was there."""
    value = dict(assignments(text)).get("HOSTNAME", "")
    return value if _NAME.fullmatch(value) else None


def os_of(os_release: str) -> str | None:
    """ID of os-release(5)."""
    return dict(assignments(os_release)).get("ID", "").lower() or None


def release_of(os_release: str) -> tuple[str, str]:
    """ID and VERSION_ID of os-release(5); empty where they are not said (Debian's testing has no VERSION_ID)."""
    found = dict(assignments(os_release))
    return found.get("ID", "").lower(), found.get("VERSION_ID", "")


def names_of(hosts: str, own: str | None) -> frozenset[str]:
    """Names that /etc/hosts gives to other machines: nobody else may know them. hosts(5): address, name, aliases."""
    found = set()
    for line in hosts.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if names and not _LOOPBACK.match(address):
            found |= {name for name in names if not _EVERYWHERE.fullmatch(name)}
    mine = (own or "").partition(".")[0]
    return frozenset(name for name in found if not mine or (name != mine and not name.startswith(mine + ".")))


def mounts_of(fstab: str) -> dict[str, str]:
    """fstab(5) and /proc/mounts: device, mount point, type. ``\\040`` is a blank; swap has no mount point. EFS that is mounted
    by NFS is ``efs``, as its own mount helper calls it."""
    found = {}
    for line in fstab.splitlines():
        fields = line.partition("#")[0].split() if not line.lstrip().startswith("#") else []
        if len(fields) >= 3 and fields[1].startswith("/"):
            place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[1])
            # docs "Mounting EFS file systems": by DNS name, by the helper's type, or through the helper's proxy here.
            is_efs = fields[2].startswith("nfs") and _EFS.search(fields[0])
            found[place.rstrip("/") or "/"] = "efs" if is_efs else fields[2]
    return found


def is_shared(kind: str) -> bool:
    """Whether a file system of this type is another machine's."""
    return kind in _SHARED


def mount_below(mounts: Mapping[str, str], path: str) -> tuple[str, str] | None:
    """Mount point and type that a path lies on, the root aside."""
    best = max(
        (one for one in mounts if one != "/" and (path == one or path.startswith(one + "/"))), key=len, default=""
    )
    return (best, mounts[best]) if best else None


def variables_of(environment: str) -> dict[str, str]:
    """/etc/environment as pam_env reads it (pam_env(8)): no expansion; quotes around a value go, ``export`` is passed over."""
    return {name: value for name, value in assignments(environment) if name}


def assignments(text: str) -> Iterator[tuple[str, str]]:
    """``NAME=VALUE`` lines, a pair of quotes around the value taken away."""
    for line in text.splitlines():
        match = _ASSIGNED.fullmatch(line)
        if match:
            value = match[2].strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            yield match[1], value


def listening(tcp: str) -> frozenset[int]:
    """Ports on which something listens, by /proc/net/tcp and tcp6 (proc(5)): state 0A is TCP_LISTEN."""
    return frozenset(int(found[1], 16) for line in tcp.splitlines() if (found := _TCP.match(line)))


def shells_of(text: str) -> tuple[str, ...]:
    """shells(5): one path a line."""
    return tuple(line.strip() for line in text.splitlines() if line.startswith("/"))


def asks_directory(nsswitch: str) -> bool:
    """Whether users come from a service too: ``passwd: files sss``. ``systemd`` only knows users that it made itself."""
    for line in nsswitch.splitlines():
        name, _, services = line.partition("#")[0].partition(":")
        if name.strip() == "passwd":
            return bool(set(re.sub(r"\[[^]]*\]", " ", services).split()) - {"files", "compat", "systemd", "altfiles"})
    return False
