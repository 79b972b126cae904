"""A need against both worlds -> an answer: met, changed, unmet or unknown, what it rests on, and what it makes of the job.

One rule a kind of need. What nobody looked at is *unknown* with the evidence ``not looked``; it is never taken for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from converters.programs.catalogue import program
from converters.worlds.facts import Host, Image, Promise
from converters.worlds.needs import DECIDED, Need
from converters.worlds.places import ROOTS, place_of
from converters.worlds.senses import is_administrators, is_appliance, sense_of
from converters.worlds.shells import dialect_message, shell_of

Verdict = Literal["met", "changed", "unmet", "unknown"]
Evidence = Literal["text", "script", "host", "seen", "image", "tried", "user", "not looked", "program"]
Fate = Literal["move", "decide", "stay", "drop"]


class Answer(NamedTuple):
    """``evidence`` is what it rests on; ``fate`` what this need alone makes of the job; ``code`` the finding that tells of
    it, or empty; ``message`` its sentence; ``image`` says that reading the image, or a word of the user, settles it."""

    need: Need
    answer: Verdict
    evidence: Evidence
    fate: Fate = "move"
    code: str = ""
    message: str = ""
    image: bool = False


@dataclass(frozen=True, slots=True)
class Worlds:
    """Both worlds of a job. ``application`` are directories that the image is built from: where it works, where the
    scripts lie that it starts. ``shipped`` are files of its own that it sends away before it ends."""

    host: Host = field(default_factory=Host)
    image: Image | None = None
    promise: Promise = field(default_factory=Promise)
    application: tuple[str, ...] = ()
    shipped: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    sole_reader: bool = True


def answer(need: Need, worlds: Worlds) -> Answer:
    """The answer to one need."""
    if need.note == DECIDED:
        return Answer(need, "changed", "host")
    rule = _RULES.get(need.kind)
    return rule(need, worlds) if rule is not None else Answer(need, "unknown", "not looked")


# --- programs and files ----------------------------------------------------------------------------------------------

# Programs that take much of a directory with them: what they read is data, even below an application's directory.
_TAKES_DATA = frozenset(
    [
        "tar",
        "rsync",
        "scp",
        "cp",
        "mv",
        "zip",
        "7z",
        "restic",
        "borg",
        "duplicity",
        "rclone",
        "aws",
        "s3cmd",
        "gsutil",
        "cpio",
        "dump",
        "pax",
        "rdiff-backup",
        "rsnapshot",
        "bup",
        "kopia",
        "tarsnap",
        "unison",
        "lftp",
        "ncftpput",
        "smbclient",
        "mc",
        "azcopy",
        "gzip",
        "bzip2",
        "xz",
        "zstd",
        "find",
        "rm",
        "du",
        "ls",
        "convert",
        "mogrify",
        "clamscan",
    ]
)
# Only pseudo devices exist in a container; /dev/tcp is bash's own and no file.
_DEVICES = re.compile(r"/dev/(?!null|zero|u?random|full|std|fd/|shm|tty$|tcp/|udp/)")


def _program(need: Need, worlds: Worlds) -> Answer:
    """The image must hold it: its facts say so, or the user; else nobody knows."""
    # A guard asks; whichever way the answer falls is part of the job.
    if need.test and need.role == "asks":
        return Answer(need, "unknown", "not looked")
    subject, image = need.subject, worlds.image
    if image is not None:
        if image.has_program(subject):
            return _read_in_image(need)
        # Exec of a missing program as process 1 is CannotStartContainerError; in a shell's text it is 127.
        why = image.why_not(subject)
        message = f"The image {image.name} has no `{subject}`: the task ends before it begins, or with 127."
        if why:
            message = f"`{subject}` is in the image {image.name} and cannot start: {why}."
        return Answer(need, "unmet", "image", "decide", "C487", message)
    if worlds.promise.holds(subject):
        return Answer(need, "met", "user")
    return _unread_program(need) or Answer(need, "unknown", "not looked", image=True)


def _read_in_image(need: Need) -> Answer:
    guess = _unread_program(need)
    return Answer(need, "met", "image") if guess is None else guess._replace(image=False)


_SYSTEM = re.compile(r"/(?:usr/)?(?:s?bin|lib(?:exec|32|64)?|share)/")


def _unread_program(need: Need) -> Answer | None:
    """What can be said of a program that nobody knows and whose script nobody has read."""
    subject = need.subject
    known = program(subject.rpartition("/")[2]) is not None
    # The name is known, and a system's path says which program is meant.
    if known and (subject.startswith(("/bin/", "/sbin/", "/usr/")) or "/" not in subject):
        return None
    if is_appliance(subject):
        return _stay(need, f"`{subject}` is a part of the device that this host is.")
    sense = sense_of(subject)
    if sense is not None and "$" not in subject:
        code = "C479" if sense.fate in ("stay", "drop") else "C493"
        message = f"By its name `{subject}` is about {sense.about}; nobody has read it, so decide what becomes of it."
        return Answer(need, "unknown", "text", sense.fate, code, message, image=True)
    code, message = _strange(subject, known=known)
    return Answer(need, "unknown", "text", "decide", code, message, image=True) if code else None


def _strange(subject: str, *, known: bool) -> tuple[str, str]:
    """Code and sentence for a program of which not even the place says what it is for; empty where it does."""
    if "$" in subject or "`" in subject:
        return "C457", f"Which program `{subject}` is, is known only when it runs; a variable in it is not set here."
    if is_administrators(subject):
        return "C493", f"`{subject}` lies where this host's administrator keeps scripts, and nobody has read it."
    if _SYSTEM.match(subject) or ("/" not in subject and not known):
        return "C493", f"Nobody here knows the program `{subject}`: does it serve this host, or can an image hold it?"
    if not subject.startswith("/"):
        return (
            "C456",
            f"`{subject}` is found from the directory where cron starts a job, a home that is not known here.",
        )
    return "", ""


def _file(need: Need, worlds: Worlds) -> Answer:
    rule = _ROLES.get(need.role, _reads)
    return rule(need, worlds)


def _asks(need: Need, worlds: Worlds) -> Answer:
    """``[ -f P ]``: it is another file system that answers now."""
    # The image's own file system answers `[ -f P ]` from now on.
    there = worlds.image.has_file(need.subject) if worlds.image is not None else None
    if there is not None:
        return Answer(need, "met" if there else "unknown", "image", "move" if there else "decide")
    if place_of(need.subject).kind in ("data", "home", "config") and not _inside(need.subject, worlds.application):
        message = f"It runs only where `{need.subject}` is there or not: a task begins with another, empty disk."
        return Answer(need, "unknown", "text", "decide", "C462", message)
    return Answer(need, "unknown", "not looked", "move")


def _runs(need: Need, worlds: Worlds) -> Answer:
    """A script, or a program by its path."""
    guess = _unread_program(need) if worlds.image is None and not worlds.promise.holds(need.subject) else None
    return guess or _held(need, worlds)


def _held(need: Need, worlds: Worlds) -> Answer:
    """A file that the image must hold: a script, a configuration, what lies beside the application."""
    image = worlds.image
    # Only a full list of the image's files can say that one is not there.
    there = image.has_file(need.subject) if image is not None else None
    if image is not None and there is not None:
        if there:
            return Answer(need, "met", "image")
        message = f"The image {image.name} has no `{need.subject}`, which `{need.by}` needs."
        return Answer(need, "unmet", "image", "decide", "C487", message)
    if worlds.promise.holds(need.subject):
        return Answer(need, "met", "user")
    return Answer(need, "unknown", "not looked", image=True)


def _reads(need: Need, worlds: Worlds) -> Answer:
    """Reading: part of the application, configuration, or data of this host."""
    path, by = need.subject, need.by
    place, takes = place_of(path), need.by in _TAKES_DATA
    # A missing ~/.curlrc or ~/.my.cnf is no failure of the program.
    if need.note == "where it is there":  # a file below HOME that the program would read
        return Answer(need, "unknown", "program")
    if place.kind == "device" or _DEVICES.match(path):
        return _stay(need, f"`{by}` works with the device `{path}` of this host.")
    # A backup of /etc or /var/lib is about this host, not about the application in it.
    if place.kind in _THE_HOSTS or (takes and (path in ROOTS or place.kind in ("config", "state"))):
        return _stay(need, f"`{by}` reads `{path}`: {place.name}.", "C477")
    if place.kind in ("program", "config") or (_inside(path, worlds.application) and not takes):
        return _held(need, worlds)
    if place.kind == "scratch":
        return _data(need, "what another program of this host has put there")
    return _data(need, place.name)


_THE_HOSTS = frozenset({"kernel", "logs", "system"})


def _searches(need: Need, worlds: Worlds) -> Answer:
    """Listing a directory: its own harm lies in what is done with the names."""
    if need.test or _inside(need.subject, worlds.application):
        return _held(need, worlds)
    return _reads(need, worlds)


def _data(need: Need, where: str) -> Answer:
    message = (
        f"`{need.by}` reads `{need.subject}`, {where}: a task begins with an empty disk, so it finds nothing there. "
        "Bring the data by EFS or S3, or keep the job on its host."
    )
    return Answer(need, "unmet", "text", "decide", "C486", message)


def _writes(need: Need, worlds: Worlds) -> Answer:
    """Its product on the container's disk is gone with the task, unless it is sent away first."""
    path = need.subject
    place = place_of(path)
    # What leaves the container before the task ends is not lost with its disk.
    if path in worlds.shipped:
        return Answer(need, "met", "text")
    if place.kind == "device" or _DEVICES.match(path):
        return _stay(need, f"`{need.by}` works with the device `{path}` of this host.")
    if place.kind in ("kernel", "system", "config", "program"):
        return _stay(need, f"`{need.by}` writes `{path}`: {place.name}.")
    # `touch stamp` is a note for the next run, which starts on another disk.
    if need.role == "makes" and need.by == "touch" and place.kind in ("data", "state", "home"):
        return _kept(need)
    if need.role == "makes" or path.startswith("$(mktemp"):
        return Answer(need, "changed", "text")
    message = (
        f"`{need.by}` writes `{path}` inside the container, and it is gone when the task ends. "
        "If something reads it later, write to S3 or EFS."
    )
    return Answer(need, "unmet", "text", "decide", "C421", message)


def _kept(need: Need) -> Answer:
    message = f"`{need.subject}` tells the next run something: a task begins without it. Keep it in S3, EFS or a table."
    return Answer(need, "unmet", "text", "decide", "C477", message)


# Directories of what is temporary by their name, wherever they lie.
_PASSING = re.compile(r"/(logs?|cache|caches|tmp|temp|sessions?)(?:/|$)")
_VERBS = {"deletes": "deletes", "moves": "moves away", "mirrors": "makes a mirror in"}


def _deletes(need: Need, worlds: Worlds) -> Answer:
    """Deleting from an empty place is the worst case: it succeeds, and the real data stay, or their good copies go."""
    path, place = need.subject, place_of(need.subject)
    passing = _PASSING.search(path)
    # A task's disk is new each time (docs "Fargate task ephemeral storage"): there is nothing to clear.
    if place.kind in ("scratch", "logs") or path.startswith("/var/cache/") or passing:
        what = "old logs" if place.kind == "logs" or (passing and passing[1].startswith("log")) else "temporary files"
        message = f"`{need.by}` clears {what} in `{path}`: a task's disk ends with it, so nothing is left to clear."
        return Answer(need, "changed", "text", "drop", "C479", message)
    # State that a program makes anew goes; /var/lib and /var/spool hold what it cannot.
    if place.kind == "state" and need.role == "deletes" and not path.startswith(("/var/lib/", "/var/spool/")):
        return Answer(need, "changed", "text", "drop", "C479", f"`{need.by}` clears `{path}` of this host.")
    # Deleting in /etc or below the kernel's trees changes the host itself.
    if place.kind in ("system", "config"):
        return _stay(need, f"`{need.by}` {_VERBS[need.role]} `{path}`: {place.name}.")
    message = (
        f"`{need.by}` {_VERBS[need.role]} `{path}`, {place.name}, where the container has another, empty disk: it ends well, "
        "and the files it was made for stay, or their good copies are lost."
    )
    return Answer(need, "unmet", "text", "decide", "C485", message)


def _moves(need: Need, worlds: Worlds) -> Answer:
    return _deletes(need, worlds) if need.by not in _COMPRESSES else _edits(need, worlds)


_COMPRESSES = frozenset(
    [
        "gzip",
        "pigz",
        "bzip2",
        "pbzip2",
        "lbzip2",
        "xz",
        "lzma",
        "zstd",
        "lz4",
        "compress",
        "gunzip",
        "bunzip2",
        "unxz",
        "lzop",
    ]
)


def _edits(need: Need, worlds: Worlds) -> Answer:
    place = place_of(need.subject)
    passing = _PASSING.search(need.subject)
    if place.kind == "logs" or (passing and passing[1].startswith("log")):
        message = f"`{need.by}` cares for the log `{need.subject}`: CloudWatch Logs keeps and expires logs."
        return Answer(need, "changed", "text", "drop", "C479", message)
    if place.kind in ("kernel", "system", "config", "program"):
        return _stay(need, f"`{need.by}` changes `{need.subject}`: {place.name}.")
    if need.by in ("chmod", "chown", "chgrp") and place.kind != "data":
        return Answer(need, "changed", "text", "decide", "C486", f"`{need.by}` changes files below `{need.subject}`.")
    return _data(need, place.name)


def _names(need: Need, worlds: Worlds) -> Answer:
    """A path handed to a program that nobody knows: part of the application, or data that it finds nowhere."""
    place = place_of(need.subject)
    if place.kind in ("data", "home", "state") and not _inside(need.subject, worlds.application):
        message = f"`{need.subject}`, {place.name}, is handed to `{need.by}`: a task begins with an empty disk."
        return Answer(need, "unknown", "text", "decide", "C486", message)
    if place.kind in ("config", "program"):
        return _held(need, worlds)
    return Answer(need, "unknown", "text")


def _enters(need: Need, worlds: Worlds) -> Answer:
    """``cd`` into an application's directory, which the image is built from; a home that nobody knows is a question."""
    if need.subject.startswith(("~", "$")):
        message = f"It works in `{need.subject}`, below a home directory or variable that is not known here."
        return Answer(need, "unknown", "text", "decide", "C456", message)
    kind = place_of(need.subject).kind
    if kind == "state":
        return _kept(need)
    return Answer(need, "unknown", "text") if kind in ("logs", "kernel", "system", "scratch") else _held(need, worlds)


def _sends(need: Need, worlds: Worlds) -> Answer:
    """It leaves the container before the task ends."""
    return Answer(need, "met", "text")


_ROLES: Mapping[str, Callable[[Need, Worlds], Answer]] = {
    "runs": _runs,
    "asks": _asks,
    "reads": _reads,
    "searches": _searches,
    "writes": _writes,
    "appends": _writes,
    "makes": _writes,
    "edits": _edits,
    "deletes": _deletes,
    "mirrors": _deletes,
    "moves": _moves,
    "sends": _sends,
    "enters": _enters,
    "names": _names,
}


def _inside(path: str, directories: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in directories if one not in ROOTS)


def _stay(need: Need, message: str, code: str = "C479") -> Answer:
    return Answer(need, "unmet", "text", "stay", code, message + " Its effect is this host.")


# --- services, machines, parts of the host ---------------------------------------------------------------------------


def _service(need: Need, worlds: Worlds) -> Answer:
    message = (
        f"`{need.by}` asks {need.subject}: in a container that is the container itself, where nobody answers. "
        "Give it the real address."
    )
    return Answer(need, "unmet", "text", "decide", "C472", message)


_NEAR = re.compile(r"[A-Za-z0-9_-]+$|.*\.(?:local|lan|internal|home|intra|localdomain)$")
_PRIVATE = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.")


def _host(need: Need, worlds: Worlds) -> Answer:
    """Another machine. A name without a dot is known by this host's own /etc/hosts or search list."""
    name = need.subject
    if need.role in ("deletes", "mirrors"):
        return _deletes_there(need)
    # /etc/hosts of a task is written by ECS: names of the old host's are unknown there.
    if worlds.host.names is not None and name in worlds.host.names:
        message = f"Only this host's /etc/hosts knows `{name}`, which `{need.by}` asks."
        return Answer(need, "unmet", "host", "decide", "C489", message)
    # Object stores are reached from anywhere.
    if need.by in _STORES:
        return Answer(need, "changed", "text")
    # RFC 1918 and link-local addresses, names without a dot or of home domains: only this network resolves them.
    if not name.startswith("$") and (_PRIVATE.match(name) or _NEAR.match(name)):
        message = f"`{need.by}` asks `{name}`, a name or address of the network here: the task's network must reach it."
        return Answer(need, "unknown", "text", "decide", "C489", message)
    return Answer(need, "unknown", "text")


def _deletes_there(need: Need) -> Answer:
    """Deleting on another machine or in an object store: from an empty source, or by a name that may be empty."""
    if need.role == "mirrors":
        message = (
            f"`{need.by}` makes a mirror on `{need.subject}` and deletes there what it does not find here: from an empty disk "
            "it deletes the good copy."
        )
    else:
        message = (
            f"`{need.by}` deletes below `{need.subject}` by a name that may come out empty (a variable, or what another "
            "program prints): then it deletes all. BusyBox's date prints nothing for many of GNU's words."
        )
    return Answer(need, "unmet", "text", "decide", "C485", message)


_STORES = frozenset(
    ["aws", "s3cmd", "gsutil", "rclone", "restic", "borg", "mc", "azcopy", "s4cmd", "duplicity", "kopia"]
)


def _part(need: Need, worlds: Worlds) -> Answer:
    """It steers or looks at a part of this host."""
    known = program(need.by) or program(need.by.partition(" ")[0])
    entry = known
    # A subcommand knows better than its program (`systemctl status` asks, `restart` steers).
    if known is not None and " " in need.by and known.sub:
        entry = known.sub.get(need.by.partition(" ")[2], known)
    fate: Fate = (entry.fate if entry is not None else None) or "decide"
    code = {"services": "C475", "containers": "C476", "crontabs": "C478", "logs": "C477"}.get(need.subject, "C479")
    verb = "leads to" if need.test else "is about"
    message = f"`{need.by}` {verb} the {need.subject} of this host. {need.note}".rstrip()
    return Answer(need, "unmet" if fate == "stay" else "changed", "program", fate, code, message)


def _mail(need: Need, worlds: Worlds) -> Answer:
    message = f"It sends mail with `{need.by}`: a container has no mail server. Use SES or a notification."
    return Answer(need, "unmet", "program", "decide", "C471", message)


def _keys(need: Need, worlds: Worlds) -> Answer:
    message = (
        f"`{need.by}` needs keys and known hosts of its user: they must come as secrets, and the network must reach."
    )
    return Answer(need, "unknown", "program", "decide", "C473", message)


def _metadata(need: Need, worlds: Worlds) -> Answer:
    message = (
        # docs "Task metadata endpoint version 4": the variable is set in each container.
        f"`{need.by}` asks {need.subject}, the instance metadata of EC2: on Fargate nobody answers there. AWS_REGION and "
        "ECS_CONTAINER_METADATA_URI_V4 are set, and the task role gives credentials."
    )
    return Answer(need, "unmet", "text", "decide", "C490", message)


def _terminal(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.by}` wants a terminal: cron has none, so this has never worked as it stands."
    return Answer(need, "unmet", "program", "decide", "C491", message)


def _display(need: Need, worlds: Worlds) -> Answer:
    return _stay(need, f"`{need.by}` needs a person's desktop.")


def _background(need: Need, worlds: Worlds) -> Answer:
    how = f" {need.note}" if need.note else ""
    message = (
        f"`{need.by}`{how} comes back at once and leaves its work in the background: the task ends then, and the work with it. "
        "Start it in the foreground."
    )
    return Answer(need, "unmet", "program", "decide", "C417", message)


def _endless(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.by}` runs until somebody ends it: that is a service, not a scheduled task."
    return Answer(need, "unmet", "program", "decide", "C463", message)


def _schedule(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` keeps a schedule of its own and starts other work: the crontab does not say what."
    return Answer(need, "unknown", "program", "move", "C466", message)


def _state(need: Need, worlds: Worlds) -> Answer:
    message = (
        f"`{need.subject}` keeps state on this host's disk, or changes it there: a task begins and ends with its own."
    )
    return Answer(need, "unmet", "program", "decide", "C477", message)


def _directory(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` finds its work in the directory where cron starts it, a home that is not known here."
    return Answer(need, "unknown", "program", "decide", "C456", message)


def _identity(need: Need, worlds: Worlds) -> Answer:
    """Who and where it is: a task has another name each run, and the image's user unless ``user:`` says more."""
    if need.subject in ("hostname", "uname"):
        what = "the name of this host; a task is called after its address, another one each run. Write the name out"
    else:
        what = "the user of this host; a task has the image's, unless `user:` in ecs.yml names another"
    return Answer(need, "changed", "program", "decide", "C449", f"`{need.by}` prints {what}.")


def _builds(need: Need, worlds: Worlds) -> Answer:
    message = f"`{need.subject}` installs or builds software on this host: that belongs into the image."
    return Answer(need, "changed", "program", "drop", "C479", message)


def _unread(need: Need, worlds: Worlds) -> Answer:
    return Answer(need, "unknown", "text", "decide", "C459", f"The command cannot be read with certainty: {need.note}.")


def _certificates(need: Need, worlds: Worlds) -> Answer:
    there = worlds.image.certificates if worlds.image is not None else None
    if there:
        return Answer(need, "met", "image")
    if there is False and worlds.image is not None:
        message = f"`{need.by}` asks {need.subject} by https, and the image {worlds.image.name} has no CA certificates."
        return Answer(need, "unmet", "image", "decide", "C492", message)
    if worlds.promise.holds("CA certificates"):
        return Answer(need, "met", "user")
    return Answer(need._replace(subject="CA certificates"), "unknown", "not looked", image=True)


def _dialect(need: Need, worlds: Worlds) -> Answer:
    """Under cron another shell read it; here the image's does."""
    shell = shell_of(worlds.image)
    if shell is None or worlds.image is None:
        return Answer(need, "unknown", "not looked")
    message = dialect_message(need, worlds.image.name, shell)
    return Answer(need, "unmet", "image", "decide", "C487", message) if message else Answer(need, "met", "image")


_RULES: Mapping[str, Callable[[Need, Worlds], Answer]] = {
    "program": _program,
    "file": _file,
    "service": _service,
    "host": _host,
    "part": _part,
    "mail": _mail,
    "keys": _keys,
    "metadata": _metadata,
    "terminal": _terminal,
    "display": _display,
    "background": _background,
    "endless": _endless,
    "schedule": _schedule,
    "state": _state,
    "builds": _builds,
    "identity": _identity,
    "directory": _directory,
    "shell": _unread,
    "certificates": _certificates,
    "dialect": _dialect,
}
