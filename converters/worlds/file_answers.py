"""Answers about files, by their role: what is read, written, deleted, moved, entered in a container with an empty disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from converters.hosts.files import is_shared, mount_below
from converters.worlds.answer import Answer, Worlds, stays
from converters.worlds.flags import FLAG, USED
from converters.worlds.need import GIVEN, Need
from converters.worlds.places import ROOTS, is_lock, is_log, place_of
from converters.worlds.program_answers import unread_program

# Programs that take much of a directory with them: what they read is data, even below an application's directory.
_TAKES_DATA = frozenset(
    word
    for line in (
        "tar rsync scp cp mv zip 7z restic borg duplicity rclone aws s3cmd s4cmd s5cmd gsutil cpio dump pax rdiff-backup",
        "rsnapshot bup kopia tarsnap unison lftp ncftpput smbclient mc azcopy gzip bzip2 xz zstd find rm du",
        "ls convert mogrify clamscan",
    )
    for word in line.split()
)
_DEVICES = re.compile(r"/dev/(?!null|zero|u?random|full|std|fd/|shm|tty$|tcp/|udp/)")


def of_file(need: Need, worlds: Worlds) -> Answer:
    mount = mount_below(worlds.host.mounts or {}, need.subject) if need.subject.startswith("/") else None
    if mount is not None and is_shared(mount[1]) and need.role not in ("runs", "sends"):
        return _shared(need, *mount)
    rule = _ROLES.get(need.role, _reads)
    return rule(need, worlds)


def _shared(need: Need, place: str, kind: str) -> Answer:
    """A place that the host mounts from elsewhere: the files are there for a task too, once it mounts them."""
    verb = _DOES.get(need.role, "uses")
    where = f"`{need.by}` {verb} `{need.subject}`, on {_KINDS.get(kind, kind)} that the host mounts at `{place}`"
    if need.role in _VERBS:
        message = (
            f"{where}: where a task mounts it too, the real files are deleted or moved; where it does not, nothing is."
        )
        return Answer(need, "unmet", "host", "decide", "C485", message)
    way = (
        "name it under `volumes` in ecs.yml, and the files are the same."
        if kind == "efs"
        else "Fargate mounts EFS only, so copy the data to EFS or S3, or reach the server by a program."
    )
    return Answer(need, "unmet", "host", "decide", "C428", f"{where}: {way}")


_DOES = {
    "reads": "reads",
    "searches": "looks into",
    "enters": "works in",
    "asks": "asks for",
    "writes": "writes",
    "appends": "writes",
    "makes": "makes",
    "edits": "changes",
    "names": "is given",
    "deletes": "deletes",
    "moves": "moves away",
    "mirrors": "makes a mirror in",
}
_KINDS = {"efs": "EFS", "nfs": "NFS", "nfs4": "NFS", "cifs": "a Windows share", "smb3": "a Windows share"}


def _asks(need: Need, worlds: Worlds) -> Answer:
    """``[ -f P ]``: it is another file system that answers now."""
    if need.note == FLAG:
        return Answer(need, "unknown", "text")  # its deletion tells of it
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
    if worlds.ran(need.subject):
        return Answer(need, "met", "tried")
    guess = (
        unread_program(need, worlds.read) if worlds.image is None and not worlds.promise.holds(need.subject) else None
    )
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


def _mounted_secret(need: Need) -> Answer:
    message = (
        f"`{need.by}` reads `{need.subject}`, where Docker and Kubernetes mount secrets: ECS mounts none, it sets variables. "
        "Name it under `secrets` in ecs.yml, and read the variable."
    )
    return Answer(need, "unmet", "text", "decide", "C486", message)


def _reads(need: Need, worlds: Worlds) -> Answer:
    """Reading: part of the application, configuration, or data of this host."""
    path, by = need.subject, need.by
    place, takes = place_of(path), need.by in _TAKES_DATA and need.note != GIVEN
    if path.startswith(_MOUNTED_SECRETS):
        return _mounted_secret(need)
    # A missing ~/.curlrc or ~/.my.cnf is no failure of the program.
    if need.note == "where it is there":  # a file below HOME that the program would read
        return Answer(need, "unknown", "program")
    if place.kind == "device" or _DEVICES.match(path):
        return stays(need, f"`{by}` works with the device `{path}` of this host.")
    # A backup of /etc or /var/lib is about this host, not about the application in it.
    if place.kind in _THE_HOSTS or (takes and (path in ROOTS or place.kind in ("config", "state"))):
        return stays(need, f"`{by}` reads `{path}`: {place.name}.", "C477")
    if place.kind in ("program", "config") or (_inside(path, worlds.application) and not takes):
        return _held(need, worlds)
    return _data(need, "what another program of this host has put there" if place.kind == "scratch" else place.name)


# docs "Manage sensitive data with Docker secrets"; Kubernetes: service account tokens.
_MOUNTED_SECRETS = ("/run/secrets/", "/var/run/secrets/")
_THE_HOSTS = frozenset({"kernel", "logs", "system"})


def _searches(need: Need, worlds: Worlds) -> Answer:
    """Listing a directory: its own harm lies in what is done with the names."""
    if need.test or _inside(need.subject, worlds.application):
        return _held(need, worlds)
    return _reads(need, worlds)


def _data(need: Need, where: str, verb: str = "") -> Answer:
    verb = verb or {"edits": "changes", "moves": "changes"}.get(need.role, "reads")
    message = (
        f"`{need.by}` {verb} `{need.subject}`, {where}: a task begins with an empty disk and finds there only what this run "
        "itself has written. Bring the data by EFS or S3, or keep the job on its host."
    )
    return Answer(need, "unmet", "text", "decide", "C486", message)


def _writes(need: Need, worlds: Worlds) -> Answer:
    """Its product on the container's disk is gone with the task, unless it is sent away first."""
    path = need.subject
    place = place_of(path)
    # What leaves the container before the task ends is not lost with its disk.
    if path in worlds.shipped:
        return Answer(need, "met", "text")
    if place.kind in ("device", "kernel", "system", "config", "program") or _DEVICES.match(path):
        device = place.kind == "device" or _DEVICES.match(path)
        what = f"works with the device `{path}` of this host" if device else f"writes `{path}`: {place.name}"
        return stays(need, f"`{need.by}` {what}.")
    # `mv app.log app-$(date).log`, `: > app.log`, `cp /dev/null /var/log/messages`: a rotation by hand.
    if (is_log(path) or place.kind == "logs") and need.by in _ROTATES:
        return _edits(need, worlds)
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
_ROTATES = frozenset({"mv", "cp", "cat", "dd", "truncate", ":", "true", "sh"})
_VERBS = {"deletes": "deletes", "moves": "moves away", "mirrors": "makes a mirror in"}


def _cleared(need: Need) -> Answer | None:
    """What a task's disk, which is new each time (docs "Fargate task ephemeral storage"), leaves nobody to clear away."""
    path, place = need.subject, place_of(need.subject)
    passing = _PASSING.search(path)
    logs = place.kind == "logs" or is_log(path) or bool(passing and passing[1].startswith("log"))
    if place.kind == "scratch" or path.startswith("/var/cache/") or passing or logs:
        what = "old logs" if logs else "temporary files"
        message = f"`{need.by}` clears {what} in `{path}`: a task's disk ends with it, so nothing is left to clear."
        return Answer(need, "changed", "text", "drop", "C479", message)
    if need.role == "deletes" and is_lock(path):
        message = f"`{need.by}` clears the lock `{path}` that a run left behind: a task's disk is new, so none is left."
        return Answer(need, "changed", "text", "drop", "C479", message)
    # State that a program makes anew goes; /var/lib and /var/spool hold what it cannot.
    if place.kind == "state" and need.role == "deletes" and not path.startswith(("/var/lib/", "/var/spool/")):
        return Answer(need, "changed", "text", "drop", "C479", f"`{need.by}` clears `{path}` of this host.")
    return None


def _deletes(need: Need, worlds: Worlds) -> Answer:
    """Deleting from an empty place is the worst case: it succeeds, and the real data stay, or their good copies go."""
    path, place = need.subject, place_of(need.subject)
    if need.note == FLAG and place.kind not in ("system", "config"):
        return _sign(need)
    if need.note == USED:
        return Answer(need, "changed", "text")  # that it reads what it finds there is the question
    if need.role != "mirrors" and (cleared := _cleared(need)) is not None:
        return cleared
    # Deleting in /etc or below the kernel's trees changes the host itself.
    if place.kind in ("system", "config"):
        return stays(need, f"`{need.by}` {_VERBS[need.role]} `{path}`: {place.name}.")
    message = (
        f"`{need.by}` {_VERBS[need.role]} `{path}`, {place.name}, where the container has another, empty disk: it ends well, "
        "and the files it was made for stay, or their good copies are lost."
    )
    return Answer(need, "unmet", "text", "decide", "C485", message)


def _mirrors(need: Need, worlds: Worlds) -> Answer:
    # A copy of what lies elsewhere, for a while: it is made, and nothing is lost with what it replaces.
    return _writes(need, worlds) if place_of(need.subject).kind == "scratch" else _deletes(need, worlds)


def _sign(need: Need) -> Answer:
    message = (
        f"`{need.by}` deletes `{need.subject}`, and whether that is there decides what runs: another program of this host, or "
        "an earlier run, says so by it. A task begins with an empty disk and never sees it: decide what starts the job."
    )
    return Answer(need, "unmet", "text", "decide", "C462", message)


def _moves(need: Need, worlds: Worlds) -> Answer:
    place, passing = place_of(need.subject), _PASSING.search(need.subject)
    temporary = place.kind == "scratch" or bool(passing and passing[1] in ("tmp", "temp"))
    if temporary and not is_log(need.subject) and need.by not in _COMPRESSES:
        # What is moved is wanted: it was put there to be taken.
        return _data(need, "what another program of this host has put there", "moves away")
    return _deletes(need, worlds) if need.by not in _COMPRESSES else _edits(need, worlds)


_COMPRESSES = frozenset(
    word
    for line in ("gzip pigz bzip2 pbzip2 lbzip2 xz lzma zstd lz4 compress gunzip bunzip2 unxz lzop",)
    for word in line.split()
)


def _edits(need: Need, worlds: Worlds) -> Answer:
    place = place_of(need.subject)
    passing = _PASSING.search(need.subject)
    if place.kind == "logs" or is_log(need.subject) or (passing and passing[1].startswith("log")):
        message = f"`{need.by}` cares for the log `{need.subject}`: CloudWatch Logs keeps and expires logs."
        return Answer(need, "changed", "text", "drop", "C479", message)
    if place.kind in ("kernel", "system", "config", "program"):
        return stays(need, f"`{need.by}` changes `{need.subject}`: {place.name}.")
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
    "mirrors": _mirrors,
    "moves": _moves,
    "sends": _sends,
    "enters": _enters,
    "names": _names,
}


def _inside(path: str, directories: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in directories if one not in ROOTS)
