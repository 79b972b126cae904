"""One program as its manual describes it, in the few words that a migration needs. Shape of an entry of ``data/*.toml``:

    [rsync]
    manual = "rsync(1)"                      # where it is written down; always there
    package = "rsync"                        # the Debian package that holds it
    also = ["rsync-ssl"]                     # other names of the same program
    operands = "place* place>"               # roles of the operands, see below
    options = { "-e --rsh" = "word", "--delete" = "!mirrors", "--remove-source-files" = "!moves", "-n --dry-run" = "!harmless" }
    ends = { 24 = "files vanished while it read them" }     # statuses other than 0 that are no failure

``operands`` are roles in order; ``*`` and ``+`` stand for any number, ``?`` for one or none, once in a pattern. Roles:

    word        nothing of the world (a pattern, a number, a name)
    reads       a file or directory that must be there             writes     a file that it makes or replaces
    appends     a file that it adds to                             edits      a file that it reads and changes in place
    deletes     a file, or all that is below                       moves      a file that is read, then gone
    makes       a directory or an empty file that it makes         searches   a directory whose names it lists
    runs        a program or script, by its path or by PATH        script     a script for this interpreter, with its arguments
    module      a module of an interpreter (python -m)             code       source text of another language
    command     the rest is a command of its own                   shell      shell text; several words are joined
    place       `host:path` elsewhere, or a local path it reads    place>     the same, written
    host        a machine that it speaks to                        url        an address; its scheme says what is asked
    database    a name, or an address of the database              port, user a port, a user
    remote      the rest runs on the host that was named           directory  it works in that directory
    unit        a service, package or container of this host       sql        statements for the service that it asks
    socket      a socket's path                            glued      a word, only in the option's own (`-pSECRET` of mysql)

``options`` maps names (several in one key, separated by blanks; ``--archive=``: only with its value behind ``=``) to
the role of the option's value, or, with ``!``, to
what a flag changes: ``!deletes`` ``!moves`` ``!edits`` (what it reads is treated so), ``!mirrors`` (what the source lacks
is deleted in the destination), ``!harmless`` (it only shows), ``!leaves`` / ``!stays`` (goes to the background, or stays),
``!endless``, ``!bounded`` (what is endless comes to an end), ``!terminal``, ``!insecure`` (asks for no certificate),
``!ends N`` (status N is no failure), ``!strict`` (those of ``ends`` do not apply), ``!only`` (a test: it answers by its
status), ``!local`` (asks this machine in any case), ``!netrc`` (logs in by what its user keeps in ``~/.netrc``).
``style``: ``getopt`` (default: letters bundle, ``--long=value``), ``long`` (one dash, whole words: find, java, ffmpeg),
``dd`` (``if=``, ``of=``; see ``assigns``), ``tar`` (first word may be letters without a dash), ``none`` (all words are
operands).

    sub = {...}            subcommands: [git.sub.pull]; entries of the same shape, its options are added to the outer ones
    service = "postgresql" it asks this service (``services.toml``) on this machine unless something says otherwise
    home = [".pgpass"]     files below HOME that it reads where they are there
    reads = ["/etc/logrotate.conf"], writes = [...]   what it reads and writes whatever its operands are
    part = "services"      the part of this host that it looks at or steers (``PARTS``)
    fate = "stay"          stay (its effect is this host) or drop (needed only while this host lives, or AWS does it)
    instead = "..."        what replaces it: one sentence
    life = "leaves"        leaves (its work goes on in the background after it ended), endless, or ends (default)
    wants = ["terminal"]   terminal, display, mail, certificates, root, zone data, keys (for ssh), metadata (of an EC2
                           instance), scheduler (starts work by a schedule of its own), builds (what it makes is software
                           of this host), state (keeps state on disk), directory (finds its work in the directory where it
                           starts), login (does nothing without what its user keeps in ``home``)
    logins = ["KUBECONFIG"]    variables that log in instead of the file below HOME
    places = ["BORG_REPO"]     variables that name the place where it keeps its state, where no operand does
    always = ["mirrors"]   flags that hold without an option (`rclone sync`)
    pure = true            reads standard input, writes standard output, touches nothing else
    script = true          a script that an interpreter starts (artisan, manage.py), known by its name
    printed = "may be empty"   what it prints may be nothing (find, ls, date of BusyBox): dangerous as a part of a name
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ROLES = frozenset(
    [
        "word",
        "glued",
        "reads",
        "writes",
        "appends",
        "edits",
        "deletes",
        "moves",
        "makes",
        "searches",
        "runs",
        "script",
        "module",
        "code",
        "command",
        "shell",
        "place",
        "place>",
        "host",
        "url",
        "database",
        "port",
        "user",
        "remote",
        "directory",
        "unit",
        "sql",
        "socket",
    ]
)
FLAGS = frozenset(
    [
        "deletes",
        "moves",
        "edits",
        "mirrors",
        "harmless",
        "leaves",
        "stays",
        "endless",
        "bounded",
        "terminal",
        "insecure",
        "ends",
        "strict",
        "only",
        "local",
        "netrc",
    ]
)
STYLES = frozenset({"getopt", "long", "dd", "tar", "find", "none"})
PARTS = frozenset(
    [
        "services",
        "packages",
        "kernel",
        "disks",
        "network",
        "users",
        "clock",
        "logs",
        "processes",
        "containers",
        "crontabs",
        "firewall",
        "certificates",
        "mail",
        "desktop",
        "backups",
        "databases",
        "web",
        "files",
        "hardware",
        "accounts",
        "deploys",
    ]
)
WANTS = frozenset(
    {
        "terminal",
        "display",
        "mail",
        "certificates",
        "root",
        "zone data",
        "keys",
        "scheduler",
        "builds",
        "state",
        "directory",
        "metadata",
        "login",
    }
)


@dataclass(frozen=True, slots=True)
class Program:
    """What is known of one program; see the module's text for each member."""

    name: str
    manual: str
    family: str = ""
    package: str | None = None
    operands: tuple[str, ...] = ("word*",)
    options: Mapping[str, str] = field(default_factory=dict)
    always: tuple[str, ...] = ()
    style: str = "getopt"
    assigns: Mapping[str, str] = field(default_factory=dict)
    sub: Mapping[str, Program] = field(default_factory=dict)
    service: str | None = None
    home: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    part: str | None = None
    fate: Literal["stay", "drop"] | None = None
    instead: str = ""
    life: Literal["ends", "leaves", "endless"] = "ends"
    wants: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    ends: Mapping[int, str] = field(default_factory=dict)
    pure: bool = False
    script: bool = False
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that programs ask: where it answers unless told otherwise (``services.toml``)."""

    name: str
    title: str
    port: int | None
    sockets: tuple[str, ...]
    variables: tuple[str, ...]
    schemes: tuple[str, ...]
    manual: str
