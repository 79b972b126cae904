"""What a job writes, against the directories of an image that was read; and texts that its shell cannot read as they are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from converters.findings.codes import Finding
from converters.images.facts import Image
from converters.worlds.need import Need

_WRITES = frozenset({"writes", "appends", "makes"})
# What a runtime mounts into each container by itself (OCI runtime specification, "Default Filesystems").
_MOUNTED = re.compile(r"/(?:dev|proc|sys)(?:/|$)")
_UNSAID = re.compile(r"[$`*?{\[~]")
# They make the directory that they write into, by their manuals.
_MAKE_THEIR_OWN = frozenset(
    word
    for line in (
        "mkdir install rsync git svn hg aws wget unzip 7z unrar rclone borg restic s3cmd s4cmd s5cmd gsutil azcopy mc composer",
        "npm yarn pip bundle duplicity kopia lftp find logrotate pg_basebackup mydumper",
    )
    for word in line.split()
)
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh"})


def of_writing(image: Image, needs: Iterable[Need], *, own: bool) -> Iterator[Finding]:
    """Directories that a job writes in and the image has not, or whose user may not write there. ``own``: the job runs as the
    image's own user."""
    found = [one for one in needs if one.kind == "file" and one.role in _WRITES and not one.test]
    made = [one.subject for one in found if one.by in _MAKE_THEIR_OWN]
    said: set[str] = set()
    for need in found:
        place = _directory(need)
        if place is None or place in said:
            continue
        if _lacks(image, place) and need.by not in _MAKE_THEIR_OWN and not any(_near(place, one) for one in made):
            said.add(place)
            yield Finding("C487", _missing(image, need, place))
            continue
        # What makes its own directory makes it in the next one that is there.
        while _lacks(image, place):
            place = posixpath.dirname(place)
        if own and _barred(image, need, place):
            said.add(place)
            yield Finding("C487", _shut(image, need, place))


def _directory(need: Need) -> str | None:
    """The directory that must be there for a file to be written; None where its name is not known."""
    if need.subject.startswith("$(mktemp"):
        # mktemp(1): below $TMPDIR, else /tmp; a template with a slash is a path.
        return None if re.search(r"[/-]", need.subject.removeprefix("$(mktemp")) else "/tmp"  # noqa: S108 - a place that is named
    place = posixpath.dirname(need.subject)
    if not need.subject.startswith("/") or _UNSAID.search(place) or _MOUNTED.match(need.subject):
        return None
    return place


def _lacks(image: Image, place: str) -> bool:
    return place != "/" and image.has_file(place) is False


def _near(place: str, made: str) -> bool:
    """Whether something that the job makes by itself may be this directory, or lies above or below it."""
    return made == place or made.startswith(f"{place.rstrip('/')}/") or place.startswith(f"{made.rstrip('/')}/")


def _barred(image: Image, need: Need, place: str) -> bool:
    there = image.has_file(need.subject) and need.role != "makes"
    return image.may_write(need.subject if there else place) is False


def _missing(image: Image, need: Need, place: str) -> str:
    return (
        f"`{need.by}` writes `{need.subject}`, and {image.name} has no directory `{place}`: it fails there. Make it in the "
        "image, or mount a volume there."
    )


def _shut(image: Image, need: Need, place: str) -> str:
    return (
        f"`{need.by}` writes `{need.subject}`, and the user `{image.user}` of {image.name} may not write in `{place}`. Give it "
        "to that user in the image, or write elsewhere."
    )


def of_crlf(image: Image, needs: Iterable[Need]) -> Iterator[Finding]:
    """Texts with CR LF that a shell reads: it takes each CR for a part of the line's last word (POSIX, XCU 2.3)."""
    said: set[str] = set()
    for need in needs:
        place = image.physical(need.subject)
        if place not in image.crlf or place in said or need.test or not _by_a_shell(need, image, place):
            continue
        said.add(place)
        yield Finding(
            "C487",
            f"The lines of `{need.subject}` in {image.name} end with CR LF: a shell takes each CR for a part of the last word, "
            "so commands are not found and values are wrong. Save it with LF.",
        )


def _by_a_shell(need: Need, image: Image, place: str) -> bool:
    if need.kind == "program":
        return place in image.bare
    return need.kind == "file" and ((need.role == "runs" and need.by in _SHELLS) or need.note == "shell settings")
