"""What the words of one call say beyond the roles of its operands: other machines, hardware, who it is, a task's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from converters.programs.operands import Operand, Reading
from converters.secrets.search import excerpt

_HARDWARE = re.compile(
    r"/dev/(?:sd|hd|vd|xvd|nvme|md|mapper|tty|video|snd|i2c|spi|gpio|usb|input|rtc|watchdog|dri|kvm|loop)"
)
# scp and rsync take `host:path`, but `C:` or a URL is none.
PLACE = re.compile(r"(?:[\w.${}-]+@)?([\w.${}-]+):(?!//)(.*)", re.S)
REMOTE_STORE = re.compile(
    r"(?!file:)[a-z][a-z0-9+.-]*://|(?:s3|gs|b2|swift|azure|rclone|rest|sftp|opendal):",
    re.I,
)
OVER_SSH = frozenset({"rsync", "rdiff-backup", "unison", "zsync", "duplicity", "borg", "attic"})
"""`HOST:PATH` is reached by ssh (rsync(1); two colons are a daemon's module, which asks for no key)."""
# ALSA's names of sound cards, aplay(1).
_SOUND = re.compile(r"(?:plug)?hw:\d.*")
LOOKS_HERE = frozenset({"ls", "find", "du", "tree", "git"})
"""Without an operand they look at the directory where they are started (their manuals)."""
# Builtins of a shell touch nothing by themselves; what they read and write stands in their redirections.
BUILTINS = frozenset(
    word
    for line in (
        ": alias bg bind break builtin caller cd compgen complete continue coproc declare dirs disown echo",
        "enable eval exit export false fc fg getopts hash help history jobs let local logout mapfile popd",
        "printf pushd pwd read readarray readonly return select set shift shopt suspend time times trap true",
        "type typeset ulimit umask unalias unset until wait which command exec",
    )
    for word in line.split()
)
# They put directories of their own before PATH: bundle-exec(1), npm-exec(1), yarn-run(1), pnpm-exec(1), `poetry run`,
# `pipenv run`, `uv run`, rbenv-exec(1) and kin. What they find is no file of PATH in an image.
FINDERS = frozenset(
    {"bundle", "bundler", "npx", "npm", "yarn", "pnpm", "bun", "pipx", "poetry", "pipenv", "uv", "hatch", "tox", "nox"}
    | {"rbenv", "pyenv", "rvm", "rvm-exec", "asdf", "mise", "composer", "mix"}
)
# `php index.php /cron/tidy`: a route of the application and no path (CodeIgniter, "Running via the Command Line").
FRONT_CONTROLLERS = frozenset({"index.php"})
ANYWHERE = frozenset({"git clone", "git ls-remote", "git init"})
"""Subcommands that need no work tree where they start (git-clone(1), git-ls-remote(1))."""
WORKS_IN = frozenset(
    {
        "make",
        "wp",
        "drush",
        "gmake",
        "ninja",
        "npm",
        "yarn",
        "pnpm",
        "composer",
        "poetry",
        "pipenv",
        "uv",
        "mvn",
        "gradle",
        "rake",
        "env",
    }
)
"""An option of theirs names the application's directory, as `cd` before them would (make(1) ``-C``, npm(1) ``--prefix``)."""
_TASKS = frozenset({"rake", "rails", "artisan", "manage.py", "gitlab-rake"})
_SAYS_WHO = frozenset({"hostname", "whoami", "id"})


_ATTACHED = re.compile(r"(?:-[dF]|--(?:data(?:-\w+)?|form|json|url-query)=)?(?:[\w.\[\]-]*=)?[@<](?!-$)([^;,\s]+)")
_OF_AWS = re.compile(r"fileb?://(/?[^\s]+)$")
# java(1): a property that names a file: a configuration, a key store.
_PROPERTY = re.compile(r"-D[\w.]+=(?:file:)?(/[^\s]+)$|-javaagent:(/[^\s=]+).*$")
_SOCAT = re.compile(
    r"(?:(?:unix|abstract)(?:-(?:connect|client|listen))?:|(?=/))([^,\s]+)|tcp[46]?(?:-connect)?:([^,\s]+)", re.I
)


def attached(name: str, words: Iterable[str]) -> list[str]:
    """Files that stand inside a word: `curl -F f=@/srv/x.csv`, `-d @body.json` (curl(1)); `aws .. file:///srv/p.json`;
    `java -Dconfig=/etc/app.properties`."""
    if name == "curl":
        return [match[1] for word in words if (match := _ATTACHED.fullmatch(word)) is not None]
    if name == "java":
        return [match[1] or match[2] for word in words if (match := _PROPERTY.match(word)) is not None]
    return [match[1] for word in words if (match := _OF_AWS.match(word)) is not None] if name == "aws" else []


def socat_asks(words: Iterable[str]) -> list[str]:
    """What socat(1) speaks to: a socket's path, or `host:port`."""
    found = (_SOCAT.match(word) for word in words)
    return [match[1] or match[2] for match in found if match is not None]


_MYSQLS = frozenset(
    {
        "mysql",
        "mysqldump",
        "mysqladmin",
        "mysqlcheck",
        "mysqlimport",
        "mysqlshow",
        "mariadb",
        "mariadb-dump",
        "mariadb-admin",
    }
)
_POSTGRES = frozenset({"psql", "pg_dump", "pg_dumpall", "pg_restore", "vacuumdb", "reindexdb", "createdb", "dropdb"})


def asks_password(name: str, words: Iterable[str]) -> bool:
    """Whether a client asks somebody for the password: `mysql -p app` (mysql(1): no blank before it), `psql -W`."""
    asked = {"-p", "--password"} if name in _MYSQLS else {"-W", "--password"} if name in _POSTGRES else set()
    return not asked.isdisjoint(words)


def hardware(words: Iterable[str]) -> list[str]:
    """Devices that its words name, whatever the program does with them: a disk, a serial line, a sound card."""
    return [
        "/dev/snd" if _SOUND.fullmatch(word) else word
        for word in words
        if _SOUND.fullmatch(word) or _HARDWARE.match(word)
    ]


def task_of(reading: Reading) -> str:
    """``rake backup``, ``manage.py dump_all``: the name of a framework's task says as much, or as little, as a script's."""
    if reading.program.name not in _TASKS:
        return ""
    return next((one.value for one in reading.operands if one.role == "word" and one.value), "")


def says_who(name: str, words: list[str]) -> bool:
    """Whether it prints who or where it is: ``id -u`` does, ``id www-data`` and ``hostname NEW`` do not."""
    return (name in _SAYS_WHO and all(word.startswith("-") for word in words)) or (name == "uname" and "-n" in words)


def su_reads_a_script(words: list[str]) -> str:
    """What is wrong with ``su USER 'COMMAND'``: without ``-c`` its words are the shell's operands, a script's name first."""
    operands = [word for word in words[1:] if not word.startswith("-")]
    if len(operands) < 2 or any(word.startswith(("--command", "--session")) for word in words):
        return ""
    if any(word[0] == "-" and word[1:2] != "-" and "c" in word for word in words[1:] if word):
        return ""
    return f"`su` without `-c` takes `{excerpt(operands[1], 40)}` for the name of a script, so this has never done what it says"


def names_directory(reading: Reading) -> bool:
    """Whether it works where its words say, not where cron happens to start it."""
    return reading.program.name in ANYWHERE or any(one.role in ("runs", "directory") for one in reading.operands)


def elsewhere(operand: Operand) -> bool:
    """Whether an operand names a place on another machine or in an object store."""
    value = operand.value
    if operand.role in ("url", "host"):
        return True
    return operand.role in ("place", "place>") and bool(
        REMOTE_STORE.match(value) or (PLACE.match(value) and not value.startswith(("/", ".", "~")))
    )
