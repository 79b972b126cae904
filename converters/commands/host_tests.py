"""What a command of a test is: whether it asks for the host, whether it works, and which of its words another shell reads."""

from __future__ import annotations

import re
from itertools import pairwise

from converters.commands.shell.syntax import Compound, Pipeline
from converters.commands.shell.words import Simple

# A text with none of these asks nobody: most lines of a fleet.
MAY_ASK = re.compile(
    r"\[ |\[\[|\btest\s|\bcase\s|\bif\s|\bgetent\s|hostname|HOSTNAME|\buname|\bifconfig|\bip\s|\bgrep\s|\bwhoami|\bid\s"
    r"|(?:^|[;&|({!]\s*)(?:which|type|hash|command|mountpoint|systemctl)\s"
)
IDENTITY = re.compile(
    r"(?:^|[\s;&|(`])(?:/\S*/)?(?:hostname|hostnamectl|uname|ifconfig|ip|dnsdomainname|lsb_release|domainname)(?=[\s;&|)`]|$)"
    r"|\b(?:whoami|id +-u)\b|\$\{?HOSTNAME\b|/etc/hostname\b"
)
"""Asks which host it is, or whose job."""
OPENS = frozenset({"sh", "bash", "dash", "ash"})
_SAYS_NOTHING = frozenset(
    word
    for line in (
        "cd true : false exit [ test echo printf export set sleep logger umask pushd popd unset ulimit return shift which",
        "command type hash readonly local date",
    )
    for word in line.split()
)
# What runs a shell's text on this very host. What stands behind ssh or docker meets another world.
_WRAPS = frozenset(
    word
    for line in (
        "flock nice ionice sudo timeout env chronic nohup setsid time su runuser cronic setlock stdbuf command exec eval",
        "lockf lckdo",
    )
    for word in line.split()
)
_ELSEWHERE = frozenset({"ssh", "docker", "podman", "kubectl", "chroot", "nsenter", "lxc-attach"})
_READS_TEXT = re.compile(r"-[a-z]*c")
_ASKS_OF_FILES = re.compile(r"-[abcdefghkprstuwxLSOGN]")
_ASKS_FIRST = frozenset({"which", "type", "hash", "getent", "mountpoint", "whoami", "id"})
_ASKS_SERVICE = frozenset({("systemctl", "is-active"), ("systemctl", "is-enabled"), ("systemctl", "is-failed")})


def works(command: Simple | Compound) -> bool:
    """Whether it may do what the job is for: more than to ask, to speak and to prepare."""
    if isinstance(command, Compound):
        return not command.test
    if not command.words:
        return False
    away = any(one.target.value != "/dev/null" and one.operator in (">", ">>", "&>") for one in command.redirects)
    return command.name not in _SAYS_NOTHING or away


def inner_text(simple: Simple, *, partly: bool = False) -> int | None:
    """The word that a shell of this host reads as its text, or ``None``; with ``partly`` one that expands before it is read,
    too."""
    values = [word.value for word in simple.words]
    if simple.name == "eval" and len(values) == 2 and values[1]:
        return 1
    if partly:
        values = [word.text if word.value is None else word.value for word in simple.words]
    if simple.name not in OPENS and simple.name not in _WRAPS:
        return None
    names = [(value or "").rpartition("/")[2] for value in values]
    if _ELSEWHERE & set(names):
        return None
    for index in range(2, len(values)):
        if _READS_TEXT.fullmatch(values[index - 1] or "") and values[index] is not None:
            opens = [name for name in names[: index - 1] if name in OPENS or name in ("su", "runuser", "flock")]
            return index if opens else None
    return None


def asks_host(pipeline: Pipeline, text: str) -> bool:
    """Whether a test asks for the host itself: who it is, what it has; not for data, which its needs tell of."""
    last = pipeline.commands[-1]
    if IDENTITY.search(text):
        return True
    if isinstance(last, Compound) or last.name in ("[", "test"):
        words = text.split() if isinstance(last, Compound) else [word.text for word in last.words]
        return any(
            _ASKS_OF_FILES.fullmatch(one) and other.startswith(("/", '"/', "'/")) for one, other in pairwise(words)
        )
    values = [value or "" for value in last.values]
    if last.name == "command":
        return values[1:2] == ["-v"]
    if last.name in ("grep", "egrep", "fgrep"):
        return values[-1].startswith("/etc/")
    return last.name in _ASKS_FIRST or any((last.name, value) in _ASKS_SERVICE for value in values[1:3])
