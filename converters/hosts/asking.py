"""Questions to a host and what its files answer: its name, who the user is, what stands at a path, which programs there are.

An answer counts where it stands: a name, a package's file, a role below /etc. What comes and goes while the host runs (locks,
flags, data, sockets) is no fact of a copy, and stays a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from converters.hosts.facts import Host, Standing

_STANDS = re.compile(r"/(?:etc|usr|bin|sbin|lib\w*|opt|boot)(?:/|$)")
_PASSES = re.compile(r"/(?:tmp|run|dev|proc|sys|mnt|media|var/(?:tmp|run|lock|spool|cache|log|lib))(?:/|$)")
# A file of such a name says what holds just now, wherever it lies: nologin(5), a maintenance flag, a lock.
_SWITCH = re.compile(r"maint|stop|pause|nologin|lock|\.pid|skip|hold|disab|suspend|running|busy|flag", re.I)
_PATH = ("/usr/bin", "/bin")
"""Where cron looks for programs unless its table says otherwise (crontab(5) of Debian and of cronie)."""


@dataclass(slots=True)
class Asked:
    """Answers for one job. ``used`` are the facts that answers rest on, ``lacking`` those that are not known, both as clauses;
    ``wanted`` are paths that nobody has looked at yet and that would tell."""

    host: Host
    user: str | None = None
    path: tuple[str, ...] = _PATH
    used: dict[str, None] = field(default_factory=dict)
    lacking: dict[str, None] = field(default_factory=dict)
    wanted: dict[str, None] = field(default_factory=dict)

    def name(self, options: tuple[str, ...] = ()) -> str | None:
        """What ``hostname`` or ``uname -n`` prints; hostname(1): ``-f`` the full name, ``-s`` up to the first dot."""
        known = self.host.hostname
        letters = "".join(option.lstrip("-")[:1] for option in options)
        if known is None:
            self._lack("the host's name (/etc/hostname)")
            return None
        if letters not in ("", "s", "f"):
            self._lack("the host's addresses" if set(letters) & set("iI") else "the host's domain")
            return None
        if letters == "f" and "." not in known:
            self._lack("the host's full name")
            return None
        self.used[f"this host is {known}"] = None
        return known.partition(".")[0] if letters == "s" else known

    def who(self) -> str | None:
        """Whose job it is."""
        if self.user is None:
            self._lack("whose job it is")
            return None
        self.used[f"the job is {self.user}'s"] = None
        return self.user

    def number(self, user: str | None = None) -> str | None:
        """``id -u``, ``id -u NAME``."""
        name = user or self.user
        if name is None:
            self._lack("whose job it is")
            return None
        known = (self.host.users or {}).get(name)
        if known is None and name != "root":
            self._lack(f"the number of the user {name} (/etc/passwd)")
            return None
        found = "0" if known is None else str(known.uid)
        self.used[f"{name} is user {found}"] = None
        return found

    def has_user(self, name: str) -> bool | None:
        """``id NAME``, ``getent passwd NAME``."""
        if name in (self.host.users or {}):
            self.used[f"/etc/passwd has {name}"] = None
            return True
        if self.host.knows_no(name):
            self.used[f"/etc/passwd has no {name}"] = None
            return False
        self._lack("the host's users (/etc/passwd)")
        return None

    def text(self, path: str) -> str | None:
        """What ``cat PATH`` prints."""
        if path == "/etc/hostname" and self.host.hostname is not None:
            return (self.name() or "") + "\n"
        found = self._standing(path) if _STANDS.match(path) and not _SWITCH.search(path) else None
        if found is None or found.text is None:
            self._lack(f"what {path} holds")
            return None
        self.used[f"{path} was read"] = None  # not its text: it may hold a secret
        return found.text

    def file(self, operator: str, path: str) -> bool | None:
        """``test -f PATH`` and its kin (test(1)); ``None`` where it is not known or does not stand."""
        known = self._file(operator, path)
        if known is None:
            self._lack(f"whether {path} is there" if path.startswith("/") else f"what `{path}` is")
        return known

    def _file(self, operator: str, path: str) -> bool | None:
        if not path.startswith("/") or _PASSES.match(path + "/") or _SWITCH.search(path):
            return None
        stands = bool(_STANDS.match(path)) or operator == "-x"
        if not stands and operator != "-d":
            return None
        found = self._standing(path)
        if found is None:
            return None
        answer = _ANSWERS[operator](found) if operator in _ANSWERS else None
        if operator in ("-r", "-w", "-x") and answer and self.user != "root":
            # Of others' permissions: who the owner is, a copy often does not tell.
            answer = True if found.mode & {"-r": 4, "-w": 2, "-x": 1}[operator] else None
        if answer is None or (not stands and not answer):
            return None
        self.used[f"there is no {path}" if found.kind == "absent" else f"{path} is there"] = None
        return answer

    def program(self, name: str) -> bool | None:
        """``command -v NAME``, ``which NAME``: by its path, or along PATH."""
        if "/" in name:
            return self.file("-x", name)
        seen = []
        for place in self.path:
            found = self._standing(f"{place}/{name}")
            if found is not None and found.kind == "file" and found.mode & 0o111:
                self.used[f"{place}/{name} is there"] = None
                return True
            seen.append(found)
        if not seen or any(found is None for found in seen):
            self._lack(f"whether `{name}` is installed")
            return None
        self.used[f"there is no `{name}` in {':'.join(self.path)}"] = None
        return False

    def _standing(self, path: str) -> Standing | None:
        found = self.host.paths.get(path)
        if found is None:
            self.wanted[path] = None
        return found

    def _lack(self, what: str) -> None:
        self.lacking[what] = None


_ANSWERS: Mapping[str, Callable[[Standing], bool]] = {
    "-e": lambda found: found.kind != "absent",
    "-a": lambda found: found.kind != "absent",
    "-f": lambda found: found.kind == "file",
    "-d": lambda found: found.kind == "directory",
    "-r": lambda found: found.kind != "absent",
    "-w": lambda found: found.kind != "absent",
    "-x": lambda found: found.kind != "absent" and bool(found.mode & 0o111),
    "-s": lambda found: found.kind == "directory" or (found.kind == "file" and found.size > 0),
    "-h": lambda found: found.link,
    "-L": lambda found: found.link,
}


def search_path(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The directories of the table's PATH, or those that cron starts with."""
    value = variables.get("PATH")
    return tuple(place for place in value.split(":") if place.startswith("/")) if value else _PATH
