"""What else a server starts at its times, and no table holds: timers of systemd that an administrator made or enabled, and
the jobs that wait in at's queue. They are named, so that nobody shuts the server down and loses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from converters.commands.naming_words import words_in
from converters.findings.few import counted
from converters.tables.timers import commands_of, timer_of
from migrate.machine.rooted import Place, Tree
from migrate.sources.model import Skipped

_SMALL = 64 * 1024
_UNITS = ("etc/systemd/system", "usr/local/lib/systemd/system", "lib/systemd/system", "usr/lib/systemd/system")
_QUEUES = ("var/spool/cron/atjobs", "var/spool/at", "var/at/jobs")
_MOST = 200
# They come with the distribution, and what replaces a server brings its own.
_OF_THE_SYSTEM = words_in(
    """
    apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate man-db motd-news systemd-tmpfiles-
    clean fwupd-refresh dnf-makecache unbound-anchor mlocate-updatedb plocate-updatedb ua-timer update-
    notifier-download update-notifier-motd xfs_scrub_all phpsessionclean sysstat-collect sysstat-summary
    anacron apport-autoreport raid-check mdcheck_start mdcheck_continue mdmonitor-oneshot snapd.snap-repair
    systemd-oomd
    """
)


def started_otherwise(root: Path) -> Iterator[Skipped]:
    """One sentence for each timer that is the administrator's, and one for at's queue."""
    tree = Tree(root)
    for place, name in _timers(tree):
        said = _said(tree, name)
        if said:
            yield Skipped(str(place), f"{name} {said}, and no line of a crontab does", "C113")
    for queue in _QUEUES:
        with suppress(OSError):
            jobs = [one.name for one in tree.place(queue).entries() if not one.name.startswith(".")]
            if jobs:
                yield Skipped(
                    str(root / queue),
                    f"{counted(len(jobs), 'job waits', 'jobs wait')} in at's queue, and no line of a crontab starts "
                    + ("it" if len(jobs) == 1 else "them"),
                    "C113",
                )


def _timers(tree: Tree) -> Iterator[tuple[Place, str]]:
    """Timers in etc (made there, or enabled by a link), without those of the distribution."""
    seen: set[str] = set()
    made = tree.place(_UNITS[0])
    wants = [one for one in _entries(made) if one.name.endswith(".wants")]
    for directory in (made, *wants, tree.place(_UNITS[1])):
        for entry in _entries(directory)[:_MOST]:
            name = entry.name
            if name.endswith(".timer") and name not in seen and name.removesuffix(".timer") not in _OF_THE_SYSTEM:
                seen.add(name)
                # A link to /dev/null masks the unit (systemctl(1)).
                if not (entry.is_link() and entry.readlink() == "/dev/null"):
                    yield entry, name


def _entries(directory: Place) -> list[Place]:
    with suppress(OSError):
        return directory.entries()
    return []


def _said(tree: Tree, name: str) -> str:
    timer = timer_of(_texts(tree, name))
    if not timer.when:
        return "has no time that could be read" if not _texts(tree, name) else ""
    unit = timer.unit or f"{name.removesuffix('.timer')}.service"
    commands = commands_of(_texts(tree, unit))
    what = f"`{commands[0][:200]}`" if commands else unit
    return f"starts {what} at {', '.join(timer.when[:3])}"


def _texts(tree: Tree, unit: str) -> list[str]:
    """The unit file of the first place that has it, then its drop-ins. An instance (``a@b``) has the template's."""
    names = [unit, f"{unit.partition('@')[0]}@.{unit.rpartition('.')[2]}"] if "@" in unit else [unit]
    for name in names:
        for place in _UNITS:
            text = _text(tree.place(place) / name)
            if text is not None:
                beside = _entries(tree.place(_UNITS[0]) / f"{unit}.d")
                dropped = [one for one in beside if one.name.endswith(".conf")][:20]
                return [text, *(more for one in dropped if (more := _text(one)) is not None)]
    return []


def _text(place: Place) -> str | None:
    """A small regular file that is there; a link to another unit is no unit of its own."""
    with suppress(OSError):
        if not place.is_link():
            return place.read(_SMALL).decode("utf-8", "replace")
    return None
