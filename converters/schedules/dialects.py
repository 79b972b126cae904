"""What differs between cron daemons, as data on one mechanism.

Sources: the daemons' own ``entry.c``, ``env.c``, ``user.c``, ``cron.c`` and ``do_command.c`` (Debian 3.0pl1-162 and -197,
cronie 1.4.11 to 1.7.2 and later, FreeBSD, OpenBSD, ISC cron) and BusyBox ``crond.c`` with ``parse_config.c``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from converters.schedules.date_output import ALPINE, DEBIAN, FREEBSD, OPENBSD, RED_HAT, UNKNOWN, World

VIXIE_NICKNAMES = frozenset(
    {"reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"},
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One daemon's grammar and habits. The defaults are Debian's.

    ``junk``           what follows a number or ``*`` in a field and is no operator: dropped up to the next blank, an error
                       after a number only, or always an error.
    ``lone_step``      ``5/15``: an error, a step to the field's end, or a step that is ignored.
    ``long_step``      ``*/60``: the first value only, every value, or an error when the step exceeds the field's last value.
    ``backwards``      ``22-2``: matches never, an error, or never but ``x-0`` read as ``x-7`` (a cronie bug).
    ``bad_line``       what one unreadable line costs: the file, the entry, or nothing (installed as far as it was read).
    ``unfinished``     a last line without newline costs the file, the line, or nothing.
    ``overlong``       a command beyond ``max_command`` bytes costs the file (``error``) or is cut (``truncate``).
    ``clock``          what the daemon does when local time jumps (see ``daemon.py``).
    ``world``          whose ``date`` and ``/bin/sh`` a command meets where that daemon is at home.
    ``day_rule``       how day of month and day of week combine: by a leading star, or by how full the sets are.
    """

    name: str
    title: str
    busybox: bool = False
    junk: Literal["drop", "error after number", "error"] = "drop"
    lone_step: Literal["error", "to end", "ignore"] = "error"
    long_step: Literal["first", "all", "error"] = "first"
    backwards: Literal["never", "error", "sunday"] = "never"
    range_end_checked: bool = True
    random_ranges: bool = False
    nicknames: frozenset[str] = VIXIE_NICKNAMES
    intervals: bool = False
    bad_line: Literal["file", "entry", "nothing"] = "entry"
    unfinished: Literal["file", "line", "nothing"] = "line"
    overlong: Literal["error", "truncate"] = "truncate"
    max_command: int = 998
    max_variable: int = 998
    max_lines: int = 0
    empty_command: bool = False
    star_command_is_error: bool = True
    empty_value: bool = False
    trims_quoted_values: bool = True
    percent: bool = True
    backslash_pairs: bool = False
    hides_log_dash: bool = False
    command_flags: str = ""
    schedule_variables: frozenset[str] = frozenset()
    system_tables: bool = True
    keeps_blanks_before_command: bool = False
    user_has_group: bool = False
    user_variable: bool = True
    default_path: str = "/usr/bin:/bin"
    clock: Literal["vixie", "freebsd", "plain"] = "vixie"
    day_rule: Literal["star", "full"] = "star"
    skips_overlap: bool = False
    world: World = DEBIAN


_DEBIAN = Dialect(
    name="debian",
    title="Debian and Ubuntu cron (3.0pl1-187 and later)",
    bad_line="file",
    unfinished="file",
    overlong="error",
    max_lines=10000,
    empty_command=True,
    empty_value=True,
    backslash_pairs=True,
    keeps_blanks_before_command=True,
    user_variable=False,
)
_CRONIE = Dialect(
    name="cronie",
    title="cronie 1.7 (Red Hat, Fedora, SUSE, Arch)",
    junk="error",
    range_end_checked=False,
    random_ranges=True,
    max_command=131071,
    max_variable=131072,
    empty_value=True,
    trims_quoted_values=False,
    hides_log_dash=True,
    command_flags="n",
    schedule_variables=frozenset({"CRON_TZ", "RANDOM_DELAY"}),
    default_path="/usr/bin:/bin:/usr/sbin:/sbin",
    world=RED_HAT,
)
_CRONIE_16 = replace(
    _CRONIE,
    name="cronie-1.6",
    title="cronie 1.6 (no mail-only-on-failure flag)",
    command_flags="",
    default_path="/usr/bin:/bin",
)
_CRONIE_15 = replace(
    _CRONIE_16,
    name="cronie-1.5",
    title="cronie 1.5.5 to 1.5.7 (RHEL 9)",
    junk="error after number",
    long_step="error",
    backwards="error",
    range_end_checked=True,
    random_ranges=False,
)
_OPENBSD = Dialect(
    name="openbsd",
    title="OpenBSD cron",
    junk="error after number",
    long_step="all",
    backwards="error",
    random_ranges=True,
    trims_quoted_values=False,
    command_flags="nqs",
    default_path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/sbin",
    world=OPENBSD,
)

DIALECTS: dict[str, Dialect] = {
    d.name: d
    for d in (
        _DEBIAN,
        replace(
            _DEBIAN,
            name="debian-12",
            title="Debian 12 and Ubuntu 22.04 cron, and older (before 3.0pl1-187)",
            empty_value=False,
        ),
        _CRONIE,
        replace(_CRONIE, name="cronie-head", title="cronie after 1.7.2", backwards="sunday"),
        _CRONIE_16,
        _CRONIE_15,
        replace(
            _CRONIE_15,
            name="cronie-1.4",
            title="cronie 1.4.11 to 1.5.4 (RHEL 7 and 8)",
            long_step="first",
            empty_value=False,
        ),
        Dialect(
            name="freebsd",
            title="FreeBSD cron",
            lone_step="to end",
            range_end_checked=False,
            nicknames=VIXIE_NICKNAMES | {"every_minute", "every_second"},
            intervals=True,
            empty_command=True,
            star_command_is_error=False,
            backslash_pairs=True,
            command_flags="nq",
            user_has_group=True,
            clock="freebsd",
            world=FREEBSD,
        ),
        _OPENBSD,
        replace(
            _OPENBSD, name="isc", title="ISC (Vixie) cron 4 and 5", random_ranges=False, command_flags="", world=UNKNOWN
        ),
        Dialect(
            name="busybox",
            title="BusyBox crond (Alpine, OpenWrt, many containers)",
            busybox=True,
            lone_step="ignore",
            nicknames=VIXIE_NICKNAMES,
            bad_line="nothing",
            unfinished="nothing",
            max_command=1 << 20,
            max_variable=1 << 20,
            percent=False,
            system_tables=False,
            clock="plain",
            day_rule="full",
            skips_overlap=True,
            world=ALPINE,
        ),
    )
}
