"""What a program does to what, as two or three words of a name: ``find .. -delete`` is ``purge-..``, ``tar c`` ``archive-..``.

Each is a rule of a table, by program; words in, pieces of a name out, none where the rule does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from converters.commands.naming_words import EXTENSIONS, HOSTS_WITHOUT_NAME, PLACES, words_in
from converters.commands.pieces import base, called, expanded, pieces, place, random

Rule = Callable[[Sequence[str]], list[str]]
URL = re.compile(r"(?:https?|ftps?|s3|gs)://(?:[^/@\s]*@)?([^/?#\s:]+)(?::\d+)?([^?#\s]*)", re.IGNORECASE)
_HEARTBEAT = re.compile(r"hc-ping|healthchecks|cronitor|deadmanssnitch|betteruptime|betterstack|heartbeat|uptime")


def operands(words: Sequence[str], valued: str = "") -> list[str]:
    """The words that are no options, nor the values of one-letter options in ``valued``."""
    found: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word.startswith("-") and len(word) > 1:
            skip = len(word) == 2 and word[1] in valued
        else:
            found.append(word)
    return found


def thing(word: str) -> list[str]:
    """What a path is about: its last telling parts, without extension, digits and globs."""
    word = re.sub(r"^[\w.-]+@?[\w.-]*:(?=/|\w)", "", word) if "://" not in word else word
    parts = [part for part in expanded(word).rstrip("/").split("/") if part]
    while parts and not re.search(r"[A-Za-z]{2}", parts[-1].replace("*", "")):
        parts.pop()
    if not parts:
        return []
    last = re.sub(r"[*?\[\]{}]+", " ", parts[-1]).strip(" .-_")
    stem = last
    while "." in stem.strip(".") and stem.rpartition(".")[2].lower() in EXTENSIONS | {"1", "0"}:
        stem = stem.rpartition(".")[0]
    found = [piece for piece in pieces(stem) if not piece.isdigit() and not random(piece)]
    logs = ["log"] if ".log" in last[len(stem) :].lower() else []
    above = place("/".join([*parts[:-1], "x"]))
    if not found or (len(found) == 1 and (found[0] in PLACES or len(found[0]) < 4 or found[0] in _VAGUE)):
        found = [*above[-2:], *found]
    return [*found, *logs][-3:]


_VAGUE = words_in(
    """
    backup backups data log logs cache output outputs result results shared upload uploads session sessions
    state files photo images img media pg access error
    """
)


def _find(words: Sequence[str]) -> list[str]:
    starts = []
    for word in words[1:]:
        if word.startswith(("-", "(", "!")):
            break
        starts.append(word)
    name = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-name", "-iname")), "")
    about = thing(starts[0]) if starts else []
    if about in ([], ["tmp"]) and name:
        about = [*about, *thing(name)]
    action = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-exec", "-execdir", "-ok")), "")
    if "-delete" in words or base(action) in ("rm", "unlink", "rmdir", "shred"):
        return ["purge", *(about or ["files"])]
    if action:
        return [*_VERBS.get(base(action), pieces(base(action))), *about]
    return ["find", *about]


def _tar(words: Sequence[str]) -> list[str]:
    flags = words[1] if len(words) > 1 else ""
    letters = flags if not flags.startswith("--") else ""
    files = [w for w in operands(words, "fCTX")[0 if flags.startswith("-") else 1 :] if w not in ("-", ".")]
    archive = next((files.pop(0) for _ in [0] if "f" in letters and not re.fullmatch(r"-\w*f", flags) and files), "")
    archive = archive or next((words[at + 1] for at, w in enumerate(words[:-1]) if re.fullmatch(r"-?\w*f", w)), "")
    files = [word for word in files if word != archive]
    verb = "extract" if "x" in letters or "--extract" in words else "archive"
    about = next((found for word in files if (found := thing(word))), [])
    return [verb, *(about or thing(archive))]


def _mail(words: Sequence[str]) -> list[str]:
    subject = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-s", "--subject")), "")
    return ["mail", *[piece for piece in pieces(expanded(subject)) if not piece.isdigit()][:3]] if subject else []


def _signal(words: Sequence[str]) -> list[str]:
    """``kill -HUP `cat /run/x.pid` `` reloads x; killall and pkill name it."""
    text = " ".join(words[1:])
    found = re.search(r"([\w.-]+)\.pid\b|pid(?:of|ID) ([\w.-]+)", text)
    name = (
        (found[1] or found[2]) if found else next(iter(w for w in operands(words) if not w.startswith(("$", "`"))), "")
    )
    if not name or name.isdigit():
        return []
    return ["reload" if re.search(r"-(?:s )?(?:SIG)?(?:HUP|USR\d)", text) else "stop", *pieces(base(name))]


def _service(words: Sequence[str]) -> list[str]:
    """systemctl VERB UNIT, service NAME VERB, docker start NAME, /etc/init.d/NAME VERB, supervisorctl VERB NAME."""
    given = [word for word in operands(words) if not random(word)]
    verbs = [word for word in given if word in _ACTIONS]
    names = [word for word in given if word not in _ACTIONS]
    if not verbs:
        return []
    about = [piece for name in names[:2] for piece in pieces(base(name.split("@")[0]))]
    return [verbs[0].replace("try-", ""), *about]


_ACTIONS = words_in(
    """
    start stop restart reload force-reload try-restart status enable disable isolate kill pause unpause prune
    pull up down
    """
)


def _init_script(words: Sequence[str]) -> list[str]:
    return [words[1], *pieces(base(words[0]))] if len(words) > 1 and words[1] in _ACTIONS else []


def _copy(verb: str, valued: str = "") -> Rule:
    """``rsync SRC.. DST`` and its kin are about what they copy."""

    def rule(words: Sequence[str]) -> list[str]:
        given = [word for word in operands(words, valued) if word]
        sources = given[:-1] or given
        about = next((found for word in sources if (found := thing(word))), [])
        return [verb, *(about or (thing(given[-1]) if given else []))]

    return rule


def _of_object(verb: str, valued: str = "") -> Rule:
    def rule(words: Sequence[str]) -> list[str]:
        about = next((found for word in operands(words, valued) if (found := thing(word))), [])
        return [verb, *about] if about else []

    return rule


def _mode(words: Sequence[str]) -> list[str]:
    """chmod MODE FILE.., chown OWNER FILE..: about the files."""
    return [base(words[0]), *next((found for word in operands(words)[1:] if (found := thing(word))), [])]


def _aws(words: Sequence[str]) -> list[str]:
    given = operands(words)
    if given[:1] == ["s3"] and len(given) > 2:
        verb = {"sync": "sync", "cp": "upload", "mv": "move", "rm": "purge"}.get(given[1], given[1])
        local = [word for word in given[2:] if not word.startswith("s3://")] or given[2:]
        if given[1] == "cp" and given[2].startswith("s3://"):
            verb = "download"
        return [verb, *thing(local[0].replace("s3://", "/"))]
    return ["aws", *[piece for word in given[:2] for piece in pieces(word)]]


def _git(words: Sequence[str]) -> list[str]:
    at = next((words[n + 1] for n, word in enumerate(words[:-1]) if word == "-C"), "")
    given = operands(words, "Cc")
    return ["git", *pieces(given[0]), *(thing(at) if at else [])] if given else []


def _after(option: str) -> Callable[[Sequence[str]], str]:
    return lambda words: next((words[n + 1] for n, word in enumerate(words[:-1]) if word == option), "")


def _certbot(words: Sequence[str]) -> list[str]:
    given = operands(words, "dwmcn")
    domain = _after("-d")(words).removeprefix("*.")
    labels = [label for label in domain.split(".")[:-1] if label not in ("www",)]
    return [
        "certbot",
        *(pieces(given[0]) if given else []),
        *[piece for label in labels for piece in pieces(label)][:2],
    ]


def _dump(words: Sequence[str]) -> list[str]:
    program = pieces(base(words[0]))
    if {"--all-databases", "-A", "--alldb"} & set(words):
        return [*program, "all"]
    named = next((w.partition("=")[2] for w in words if w.startswith(("--databases=", "--dbname=", "--db="))), "")
    named = named or next(
        (words[n + 1] for n, w in enumerate(words[:-1]) if w in ("-B", "-d", "--db", "--databases")), ""
    )
    given = [w for w in operands(words, "huPpSUfFeEwdnNtTZj") if not w.startswith(("/", "$"))]
    about = named or (given[0] if given else "")
    return [*program, *(pieces(about) if not random(about) and "://" not in about else [])]


def _sysctl(words: Sequence[str]) -> list[str]:
    given = operands(words)
    return ["sysctl", *(pieces(given[0].partition("=")[0])[-2:] if given and "=" in given[0] else [])]


def _logger(words: Sequence[str]) -> list[str]:
    tag = _after("-t")(words) or _after("--tag")(words)
    return ["log", *(pieces(expanded(tag))[:2] or ["message"])]


def _logrotate(words: Sequence[str]) -> list[str]:
    given = [word for word in operands(words, "s") if "/etc/logrotate.conf" not in word]
    return ["logrotate", *[piece for piece in (thing(given[-1]) if given else []) if piece != "logrotate"]]


def _write(words: Sequence[str]) -> list[str]:
    return []  # what is only printed is named after the file it goes to


# What a statement does, and to what; never what stands in quotes.
_STATEMENTS = tuple(
    (re.compile(pattern, re.IGNORECASE), verb)
    for pattern, verb in (
        (r"\bdelete\s+from\s+([\w.]+)", "purge"),
        (r"\btruncate\s+(?:table\s+)?([\w.]+)", "clear"),
        (r"\brefresh\s+materialized\s+view\s+(?:concurrently\s+)?([\w.]+)", "refresh"),
        (r"\b(?:vacuum|analyze|reindex|optimize)\b(?:\s+(?:full|analyze|verbose|table))*\s+([\w.]+)", "tidy"),
        (r"\binsert\s+into\s+([\w.]+)", "fill"),
        (r"\bupdate\s+([\w.]+)\s+set\b", "update"),
        (r"\b(?:select|call|perform|exec(?:ute)?)\s+([a-z_][\w.]*)\s*\(", ""),
        (r"\bcall\s+([a-z_][\w.]*)", ""),
    )
)


def _sql(words: Sequence[str]) -> list[str] | None:
    """``psql -c 'DELETE FROM t'``, ``mysql -e 'CALL f()'``: what the statement does."""
    for option, text in pairwise(words):
        if option in ("-c", "--command", "-e", "--execute"):
            for pattern, verb in _STATEMENTS:
                if found := pattern.search(text):
                    return [verb, *pieces(found[1].rpartition(".")[2])] if verb else pieces(found[1].rpartition(".")[2])
    return None


def _fixed(*found: str) -> Rule:
    return lambda words: list(found)


_VERBS: Mapping[str, list[str]] = {
    "rm": ["purge"], "gzip": ["compress"], "bzip2": ["compress"], "xz": ["compress"], "zstd": ["compress"],
    "mv": ["move"], "cp": ["copy"], "chmod": ["chmod"], "chown": ["chown"], "ls": ["list"], "cat": ["print"],
}  # fmt: skip

RULES: Mapping[str, Rule] = {
    "find": _find,
    "tar": _tar,
    "mail": _mail, "mailx": _mail, "mutt": _mail, "s-nail": _mail,
    "kill": _signal, "killall": _signal, "pkill": _signal,
    "systemctl": _service, "service": _service, "rc-service": _service, "invoke-rc.d": _service, "initctl": _service,
    "docker": _service, "podman": _service, "docker-compose": _service, "supervisorctl": _service, "pm2": _service,
    "rsync": _copy("sync", "efT"), "scp": _copy("copy", "iPFlo"), "rclone": _copy("sync"), "unison": _copy("sync"),
    "cp": _copy("copy", "t"), "mv": _copy("move", "t"), "install": _copy("install", "mogt"), "ln": _copy("link"),
    "zip": _copy("archive", "xi"), "7z": _copy("archive"), "7za": _copy("archive"),
    "gzip": _of_object("compress"), "bzip2": _of_object("compress"), "xz": _of_object("compress"),
    "zstd": _of_object("compress"), "gunzip": _of_object("extract"), "unzip": _of_object("extract", "dx"),
    "rm": _of_object("purge"), "rmdir": _of_object("purge"), "unlink": _of_object("purge"), "shred": _of_object("purge"),
    "tmpreaper": _of_object("purge"), "tmpwatch": _of_object("purge"), "truncate": _of_object("clear", "s"),
    "touch": _of_object("touch", "dtr"), "mkdir": _of_object("make", "m"), "chmod": _mode,
    "chown": _mode, "chgrp": _mode, "rdiff-backup": _of_object("rdiff-backup", ""), "duperemove": _of_object("dedupe"),
    "zfs": lambda words: [word for part in operands(words)[:1] for word in ("zfs", *pieces(part))]
    + thing((operands(words) or [""])[-1].split("@")[0]),
    "aws": _aws, "git": _git, "sysctl": _sysctl, "logger": _logger,
    "certbot": _certbot, "certbot-auto": _certbot, "letsencrypt": _certbot, "dehydrated": _fixed("dehydrated"),
    "mysqldump": _dump, "mariadb-dump": _dump, "pg_dump": _dump, "pg_dumpall": _dump, "mongodump": _dump,
    "df": _fixed("disk", "check"), "free": _fixed("memory", "check"), "du": _of_object("disk-usage", "d"),
    "shutdown": _fixed("shutdown"), "reboot": _fixed("reboot"), "poweroff": _fixed("shutdown"),
    "hwclock": _fixed("hwclock"), "ntpdate": _fixed("ntpdate"), "sntp": _fixed("sntp"), "ntpd": _fixed("ntpd"),
    "logrotate": _logrotate,
    "apt-get": lambda words: ["apt", *operands(words)[:1]], "apt": lambda words: ["apt", *operands(words)[:1]],
    "yum": lambda words: ["yum", *operands(words)[:1]], "dnf": lambda words: ["dnf", *operands(words)[:1]],
    "echo": _write, "printf": _write, "date": _write, "cat": _write, "hostname": _write, "uptime": _write,
    "head": _write, "tail": _write, "true": _write, ":": _write, "w": _write, "who": _write,
}  # fmt: skip
"""Program -> its rule. What people call such jobs was read from some 1500 lines of public crontabs."""


def by_rule(words: Sequence[str]) -> list[str] | None:
    """The words of a name by the program's rule; ``None`` where it has none."""
    program = called(words[0])
    if re.match(r"/etc/(?:init|rc)\.d/", words[0]):
        return _init_script(words) or None
    if program in ("psql", "mysql", "mariadb"):
        return _sql(words)
    rule = RULES.get(program)
    return rule(words) if rule is not None else None


def output_words(target: str, *, truncates: bool) -> list[str]:
    """``> FILE`` alone empties it, ``echo x >> FILE`` writes it: what that is called."""
    about = thing(target)
    if not about or target in ("/dev/null", "/dev/stdout", "/dev/stderr"):
        return []
    return ["clear" if truncates else "write", *about]


def host_words(host: str) -> list[str]:
    """The labels of a host's name that tell something."""
    labels = [label for label in host.lower().split(".") if label not in HOSTS_WITHOUT_NAME]
    if len(host.split(".")) > 1 and labels and not labels[-1].isdigit():
        labels.pop()
    return [piece for label in labels if not label.isdigit() for piece in pieces(label)]


def is_heartbeat(words: list[str]) -> bool:
    return base(words[0]) in ("curl", "wget") and any(_HEARTBEAT.search(word) for word in words[1:])


def beat_words(words: list[str]) -> list[str]:
    """What a monitor is told has no name of its own but a slug behind the address's key."""
    for word in words[1:]:
        found = URL.match(word)
        if found:
            slug = [piece for piece in pieces(base(found[2])) if not piece.isdigit()]
            named = slug and not random(base(found[2])) and "-" not in found[2].rpartition("/")[2][8:9]
            return [*slug, "healthcheck"] if named and len(slug) < 4 else ["healthcheck"]
    return ["healthcheck"]
