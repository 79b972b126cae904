"""The page of a finding: lines that a test scans as they stand, so no example can be wrong."""

from __future__ import annotations

from typing import NamedTuple

Files = tuple[tuple[str, str], ...]


class Image(NamedTuple):
    """An image of a small Debian that has these files too, all executable, with a configuration of these keys."""

    files: Files = ()
    config: tuple[tuple[str, str], ...] = ()
    architecture: str = "amd64"


class Page(NamedTuple):
    """``bad`` raises the code and ``good`` does not.

    They are read as ``options`` say, as the file ``at`` of a host that has the files ``host`` too (``good_at`` and
    ``good_host`` where they differ for the good line); without ``at`` as a user's own crontab (``column`` empty: nobody says
    so). ``log`` is cron's log, ``image`` what was read of the image, ``good_image`` for the good line.

    A code that no line raises has ``arises`` in place of lines: how it comes about, and how it goes away.
    """

    bad: str = ""
    good: str = ""
    ignore: str = ""
    options: tuple[str, ...] = ()
    column: str = "--user-crontab"
    zone: str = "Europe/Berlin"
    at: str = ""
    good_at: str = ""
    host: Files = ()
    good_host: Files | None = None
    log: str = ""
    image: Image | None = None
    good_image: Image | None = None
    arises: str = ""


def told(arises: str, ignore: str) -> Page:
    """A page without lines: what raises the code stands on AWS, in a workspace or in an image."""
    return Page(ignore=ignore, arises=arises)


def page_address(code: str) -> str:
    """Where the page of a code stands in the repository."""
    return f"docs/findings/{code}.md"
