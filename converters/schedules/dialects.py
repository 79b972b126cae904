"""What differs between cron daemons, as data on one mechanism.

Sources: the daemons' own ``entry.c``, ``env.c``, ``user.c``, ``cron.c`` and ``do_command.c`` (Debian 3.0pl1-162 and -197,
cronie 1.4.11 to 1.7.2 and later, FreeBSD, OpenBSD, ISC cron) and BusyBox ``crond.c`` with ``parse_config.c``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from converters.schedules.date_output import ALPINE, DEBIAN, FREEBSD, OPENBSD, RED_HAT, UNKNOWN, World

# Debian entry.c load_entry compares them with strcmp: `@Daily` is a bad time specifier.
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
    # get_number takes letters and digits; Debian and FreeBSD pass over the rest up to the next blank.
    junk: Literal["drop", "error after number", "error"] = "drop"
    lone_step: Literal["error", "to end", "ignore"] = "error"
    long_step: Literal["first", "all", "error"] = "first"
    backwards: Literal["never", "error", "sunday"] = "never"
    # `5-64/30` is {5,35} in FreeBSD and in cronie since 1.6.0, which look at the values set; the others at the end
    # too.
    range_end_checked: bool = True
    # OpenBSD entry.c get_range and cronie since 1.6.0: `a~b` is drawn when the table is loaded, not at each run.
    random_ranges: bool = False
    nicknames: frozenset[str] = VIXIE_NICKNAMES
    intervals: bool = False
    bad_line: Literal["file", "entry", "nothing"] = "entry"
    unfinished: Literal["file", "line", "nothing"] = "line"
    overlong: Literal["error", "truncate"] = "truncate"
    # Debian entry.c reads the command into MAX_COMMAND (1000) bytes: more than 998 are "command too long".
    max_command: int = 998
    max_variable: int = 998
    # Debian's MAX_TAB_LINES is 10000; elsewhere the daemon knows no such limit.
    max_lines: int = 0
    empty_command: bool = False
    # Without a user column `* * * * * * cmd` is most likely a line of /etc/crontab: all but FreeBSD refuse it.
    star_command_is_error: bool = True
    empty_value: bool = False
    # Debian's env.c trims trailing blanks inside quotes too, so `"a "` loses its blank.
    trims_quoted_values: bool = True
    # do_command.c child_process of the Vixie family; BusyBox, dcron and bcron have no `%` at all.
    percent: bool = True
    # `\\` becomes `\` in do_command.c of Debian and FreeBSD only; cronie and OpenBSD leave all but `\%` alone.
    backslash_pairs: bool = False
    hides_log_dash: bool = False
    # Flags between schedule and command (crontab(5) of cronie 1.7, FreeBSD, OpenBSD): elsewhere they are part of the
    # command.
    command_flags: str = ""
    schedule_variables: frozenset[str] = frozenset()
    system_tables: bool = True
    # Debian's load_entry does not skip blanks after the user, so the log says `CMD (   cd / && ...)`.
    keeps_blanks_before_command: bool = False
    user_has_group: bool = False
    # LOGNAME is set everywhere, USER by cronie, FreeBSD and OpenBSD only (entry.c load_entry).
    user_variable: bool = True
    # _PATH_DEFPATH of Debian; cron's own PATH overrides the one of /etc/environment (pam_env).
    default_path: str = "/usr/bin:/bin"
    # Timers of systemd skip what a clock change skips, and run once what comes twice: as EventBridge Scheduler has it.
    clock: Literal["vixie", "freebsd", "plain", "once"] = "vixie"
    # Schedules are systemd's calendar expressions, each in the zone that it names (systemd.time(7)), and no fields.
    calendar: bool = False
    day_rule: Literal["star", "full"] = "star"
    # BusyBox crond.c: "process already running", the start is skipped; Vixie's family never looks.
    skips_overlap: bool = False
    world: World = DEBIAN

    # Every cache of a reading asks for it: to hash thirty fields took as long as to read the fields of a line.
    def __hash__(self) -> int:
        return hash(self.name)


_DEBIAN = Dialect(
    name="debian",
    title="Debian and Ubuntu cron (3.0pl1-187 and later)",
    # user.c: "Syntax error, this crontab file will be ignored".
    bad_line="file",
    # user.c: "Missing newline before EOF, this crontab file will be ignored".
    unfinished="file",
    overlong="error",
    max_lines=10000,
    # `0 5 * * *` and nothing after it is accepted and starts an empty shell.
    empty_command=True,
    empty_value=True,
    backslash_pairs=True,
    keeps_blanks_before_command=True,
    user_variable=False,
)
_CRONIE = Dialect(
    name="cronie",
    title="cronie 1.7 (Red Hat, Fedora, SUSE, Arch)",
    # entry.c of cronie since 1.6.0 answers EOF for whatever follows an element and is no `,-/~`, also after `*`.
    junk="error",
    range_end_checked=False,
    random_ranges=True,
    # cronie macros.h: MAX_COMMAND 131072.
    max_command=131071,
    max_variable=131072,
    empty_value=True,
    trims_quoted_values=False,
    # A `-` before the minute (root and system tables) suppresses the log line: crontab(5) of cronie.
    hides_log_dash=True,
    # `-n` mails only on failure, new in cronie 1.7.0; before, it is the command's first word.
    command_flags="n",
    schedule_variables=frozenset({"CRON_TZ", "RANDOM_DELAY"}),
    # cronie 1.7.0 added the sbin directories to _PATH_DEFPATH.
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
    # cronie 1.5.5 checks in get_number only what follows a number; `*5` passes as `*`.
    junk="error after number",
    # 1.5.5 to 1.5.7 refuse a step beyond the field's last value, `*/60`; 1.6.0 warns and takes it.
    long_step="error",
    backwards="error",
    range_end_checked=True,
    random_ranges=False,
)
_OPENBSD = Dialect(
    name="openbsd",
    title="OpenBSD cron",
    junk="error after number",
    # entry.c set_range of OpenBSD and ISC compares the step with the zero-based end and then falls back to a step of
    # 1.
    long_step="all",
    backwards="error",
    random_ranges=True,
    trims_quoted_values=False,
    # crontab(5) of OpenBSD: `-n` mail on failure, `-q` no log, `-s` single instance.
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
        # After 1.7.2 get_range reads an end of 0 as 7 for `fri-sun`, in every field: `3-0` minutes become 3-7.
        replace(_CRONIE, name="cronie-head", title="cronie after 1.7.2", backwards="sunday"),
        _CRONIE_16,
        _CRONIE_15,
        replace(
            _CRONIE_15,
            name="cronie-1.4",
            title="cronie 1.4.11 to 1.5.4 (RHEL 7 and 8)",
            long_step="first",
            # 1.4.11 refuses `FOO=` ("bad minute"), as Debian did before 3.0pl1-187.
            empty_value=False,
        ),
        Dialect(
            name="freebsd",
            title="FreeBSD cron",
            # FreeBSD's get_range treats `5/15` as `5-59/15`; all others of the family refuse it.
            lone_step="to end",
            range_end_checked=False,
            # crontab(5) of FreeBSD; `@<seconds>` counts from the end of the run before.
            nicknames=VIXIE_NICKNAMES | {"every_minute", "every_second"},
            intervals=True,
            empty_command=True,
            star_command_is_error=False,
            backslash_pairs=True,
            command_flags="nq",
            # `user[:group][/login-class]` of FreeBSD's crontab(5); the class stands behind the group.
            user_has_group=True,
            # /etc/rc.d/cron adds `-s` where cron_dst is YES, its default; the bare binary runs as `-o`.
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
            # ParseField reads a step only between range and comma, and a single number as a range of itself: `5/15`
            # is {5}.
            lone_step="ignore",
            # crond.c load_crontab knows the same words, built with FEATURE_CROND_SPECIAL_TIMES.
            nicknames=VIXIE_NICKNAMES,
            # "user %s: parse error at %s" is logged, and the line is installed with the bits set until then.
            bad_line="nothing",
            unfinished="nothing",
            # The line buffer grows (libbb parse_config.c): no limit of its own.
            max_command=1 << 20,
            max_variable=1 << 20,
            percent=False,
            # BusyBox reads its spool directory only: there is no /etc/crontab and no /etc/cron.d.
            system_tables=False,
            clock="plain",
            # FixDayDow looks at the arrays and not at the text: a field is restricted where an element is empty.
            day_rule="full",
            skips_overlap=True,
            world=ALPINE,
        ),
        Dialect(
            name="systemd",
            title="systemd timers",
            nicknames=frozenset(),
            percent=False,
            system_tables=False,
            # DEFAULT_PATH_COMPAT of systemd's path-lookup.h.
            default_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            clock="once",
            calendar=True,
            # A unit that is active is not started again: the elapse is lost (systemd.timer(5)).
            skips_overlap=True,
        ),
    )
}

CRONS = tuple(sorted(name for name, dialect in DIALECTS.items() if not dialect.calendar))
"""The daemons that read crontabs."""
