"""Where the usual Python libraries read crontabs otherwise than the daemons do, and why: the list of known deviations.

The list is data for ``scan --cross-check``, for the referee tests and for ``docs/second-opinions.md``. What a deviation
does exactly is modelled in ``library_readings.py`` and ``library_clocks.py``; a difference counts as explained only where
such a model foretells the library's answer. Sources: python-crontab 3.4, croniter 7.0 and cronsim 2.8 as installed, read
and run; the daemons' own sources for what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Library = Literal["python-crontab", "croniter", "cronsim"]
Right = Literal["cron2fargate", "library", "neither"]

UNEXPLAINED = "unexplained: please report"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One habit of a library: what it does (``does``), who is right about it, and why. ``code`` is stable."""

    code: str
    library: Library
    does: str
    why: str
    right: Right = "cron2fargate"


_LIST = (
    # --- fields, days -------------------------------------------------------------------------------------------------
    Deviation(
        "croniter-star",
        "croniter",
        "takes `*/2` in a day field for an ordinary list, so that the other day field alone suffices",
        "cron tests for both day fields where one of them starts with `*` (`find_jobs`); `implement_cron_bug=True` follows it",
    ),
    Deviation(
        "croniter-star-inside",
        "croniter",
        "takes a day field with a `*` anywhere in it (`1,*`) for `*`",
        "for cron only the first character makes a field a star; after a number it is one more element",
    ),
    Deviation(
        "croniter-equal-range",
        "croniter",
        "reads a range with equal ends (`5-5`, `0-7` apart from day of week) as every value",
        "cron's range from 5 to 5 holds 5",
    ),
    Deviation(
        "croniter-backwards",
        "croniter",
        "lets a backwards range (`22-2`, `fri-mon`) run over the end of its field",
        "only BusyBox does that; the loop of the other daemons never runs, or they refuse the line",
    ),
    Deviation(
        "croniter-lone-step",
        "croniter",
        "reads `5/15` as `5-59/15`",
        "only FreeBSD does that; BusyBox heeds the 5 alone, the others refuse the line",
    ),
    Deviation(
        "croniter-nickname-case",
        "croniter",
        "takes nicknames in any case (`@Daily`)",
        "the daemons compare nicknames by case and refuse this line",
    ),
    Deviation(
        "croniter-beyond-cron",
        "croniter",
        "takes what no cron daemon knows (`L`, `W`, `#`, `?`, `H`, `R`)",
        "these belong to Quartz, AWS or Jenkins; the daemon refuses them or drops what follows a number",
    ),
    Deviation(
        "croniter-refuses",
        "croniter",
        "refuses a field that the daemon takes, oddly or not (`0~30`, `5;3`, BusyBox's `60`)",
        "the daemon's own parser decides what its users' lines do",
    ),
    Deviation(
        "dialect-fields",
        "croniter",
        "knows one grammar for all daemons",
        "this daemon reads the field in a way of its own, which croniter does not know",
    ),
    # --- clock changes ------------------------------------------------------------------------------------------------
    Deviation(
        "croniter-repeated-hour",
        "croniter",
        "fires a fixed-time job again in the hour that comes twice in autumn",
        "the daemon does not run a job without `*` in minute and hour again when the clock goes back",
    ),
    Deviation(
        "croniter-gap-once",
        "croniter",
        "names the first minute after a skipped hour once, whatever was missed",
        "Vixie's family starts every missed run, each by itself, in the first minute after the jump",
    ),
    Deviation(
        "croniter-gap-every-hour",
        "croniter",
        "makes up nothing for a skipped hour when all 24 hours are listed (`0 0-23`)",
        "`0-23` is no star, so the daemon treats the job as fixed-time and catches it up",
    ),
    Deviation(
        "croniter-gap-star",
        "croniter",
        "makes up at the first valid minute for runs in a skipped hour",
        "the daemon skips what a job with `*` in minute or hour would have done in that hour",
    ),
    Deviation(
        "croniter-gap-plain",
        "croniter",
        "makes up at the first valid minute for runs in a skipped hour",
        "this daemon (or an entry under CRON_TZ) matches the clock on the wall only, so those runs are lost",
    ),
    Deviation(
        "croniter-gap-long",
        "croniter",
        "makes up at the first valid minute also for a clock that leaps by more than three hours",
        "the daemon takes so long a leap for a clock that was set, and catches nothing up",
    ),
    Deviation(
        "croniter-lost-pass",
        "croniter",
        "loses the second pass of a repeated time that does not start with a whole hour (Lord Howe, Chatham)",
        "it looks back by the offset's difference, finds a minute that is past, and goes on after the repeated time",
    ),
    Deviation(
        "croniter-freebsd",
        "croniter",
        "does not know FreeBSD's `-s`",
        "FreeBSD's cron goes by the old zone's clock for a while: jobs rarer than hourly run exactly once",
    ),
    Deviation(
        "croniter-host-zone",
        "croniter",
        "does not know how cronie's CRON_TZ meets the zone of the host",
        "while the host's clock repeats an hour, cronie drops fixed-time entries, those with a CRON_TZ too",
    ),
    # --- lines --------------------------------------------------------------------------------------------------------
    Deviation(
        "crontab-raises",
        "python-crontab",
        "raises an exception at an empty value (`MAILTO=`), so the whole table cannot be read",
        "the daemons take it as an empty value (Debian before 3.0pl1-187 as an error of the file)",
    ),
    Deviation(
        "crontab-no-user",
        "python-crontab",
        "raises an exception at a nickname followed by a comment only, in a table with a user column",
        "the daemon reports or runs the line and goes on by its own rules",
    ),
    Deviation(
        "crontab-loses-line",
        "python-crontab",
        "drops a line that is no job and has a blank before its first `=` (`FOO = bar`, `# see a=b`), on writing too",
        "blanks may stand round the `=` of an assignment, and a comment is a comment",
    ),
    Deviation(
        "crontab-comment-variable",
        "python-crontab",
        "reads a comment such as `#MAILTO=root` as an assignment to a variable `#MAILTO`",
        "a line whose first character is `#` is a comment",
    ),
    Deviation(
        "crontab-odd-assignment",
        "python-crontab",
        'takes any line with `=` before its first blank as an assignment (`FOO="a" b`)',
        "the daemon's `load_env` refuses it: after a closing quote only blanks may follow, and it is no entry either",
    ),
    Deviation(
        "crontab-quotes",
        "python-crontab",
        "strips every quote at the ends of a value, and no quote round a name",
        "the daemon takes one pair of quotes off name and value",
    ),
    Deviation(
        "crontab-value-blanks",
        "python-crontab",
        "keeps trailing blanks of a quoted value",
        "this daemon trims them (`env.c`)",
    ),
    Deviation(
        "crontab-next-job-only",
        "python-crontab",
        "shows in `job.env` only the assignments since the job before (for the first job: since the last other line)",
        "an assignment holds for every entry below it; `job.env.all()` adds those above",
    ),
    Deviation(
        "crontab-cuts-comment",
        "python-crontab",
        "cuts the command at the first ` #` and calls the rest a comment",
        "cron knows no comments after a command; the shell gets the whole text, and decides itself (quotes protect a `#`)",
    ),
    Deviation(
        "crontab-nickname-hash",
        "python-crontab",
        "does not recognise a nickname line with a `#` inside its command",
        "the `#` is part of the command",
    ),
    Deviation(
        "crontab-percent",
        "python-crontab",
        "turns `%` into newlines and `\\%` into `%` without the daemon's rules for `\\\\` and the last newline",
        "`do_command.c` ends the command at the first bare `%`; what a backslash protects depends on the daemon",
    ),
    Deviation(
        "crontab-no-percent",
        "python-crontab",
        "treats `%` as a newline",
        "BusyBox gives `%` to the shell as it is",
    ),
    Deviation(
        "crontab-blanks",
        "python-crontab",
        "strips blanks round the command",
        "the daemon keeps them; the shell does not care, but cron's log shows them",
    ),
    Deviation(
        "crontab-carriage-return",
        "python-crontab",
        "strips the carriage return of DOS line endings",
        "the daemon keeps it as the last character of the command, where it usually breaks it",
    ),
    Deviation(
        "crontab-flags",
        "python-crontab",
        "does not know the flags before or after the schedule (`-`, `-n`, `-q`, `-s`)",
        "this daemon takes them off and heeds them",
    ),
    Deviation(
        "crontab-truncates",
        "python-crontab",
        "knows no limit to a command's length",
        "this daemon refuses or cuts longer commands",
    ),
    Deviation(
        "crontab-empty-command",
        "python-crontab",
        "takes a line without a command for no line at all",
        "this daemon accepts five fields and an empty command in a user's table",
    ),
    Deviation(
        "crontab-busybox-lines",
        "python-crontab",
        "does not know BusyBox's lines: a `#` anywhere starts a comment, a trailing backslash joins two lines, three variables",
        "BusyBox reads tables with its own configuration parser",
    ),
    Deviation(
        "crontab-accepts",
        "python-crontab",
        "takes as a job a line that the daemon refuses",
        "the daemon's parser refuses it, so it starts nothing",
    ),
    Deviation(
        "crontab-dead-file",
        "python-crontab",
        "knows no rule that costs a whole file",
        "this daemon ignores the whole file",
    ),
    # --- fields, as python-crontab reads them -------------------------------------------------------------------------
    Deviation(
        "crontab-interval",
        "python-crontab",
        "reads `@5` as minute 5 of every hour",
        "FreeBSD starts it 5 seconds after the last run ended; no other daemon takes it",
    ),
    Deviation(
        "crontab-nickname-case",
        "python-crontab",
        "takes nicknames in any case (`@Daily`)",
        "the daemons compare nicknames by case and refuse this line",
    ),
    Deviation(
        "crontab-disables",
        "python-crontab",
        "refuses a schedule that the daemon takes (`*/90`, `22-2`, `5/15`) and comments the line out on writing",
        "the daemon's own parser takes it and runs the line, oddly or not",
    ),
    Deviation(
        "crontab-sunday-seven",
        "python-crontab",
        "reads `1-7/2` as `0-6/2`, and adds Sunday to every range that ends with 7",
        "cron steps from the first value, and Sunday counts only where a step meets 7",
    ),
    Deviation(
        "crontab-step-seven",
        "python-crontab",
        "reads any step of 7 in day of week as Sunday",
        "a step of 7 leaves the first value of the range",
    ),
    Deviation(
        "crontab-random",
        "python-crontab",
        "lists every value of a random range (`0~30`)",
        "the daemon draws one value at each load, which nobody can know beforehand; the first one stands for it here",
        right="neither",
    ),
    Deviation(
        "crontab-dialect-fields",
        "python-crontab",
        "knows one grammar for all daemons",
        "this daemon reads the field in a way of its own, which python-crontab does not know",
    ),
    # --- cronsim, a referee of the tests ------------------------------------------------------------------------------
    Deviation(
        "cronsim-equal-range",
        "cronsim",
        "reads `5-5/3` as `5/3`, a step up to the field's end",
        "a range from 5 to 5 holds 5, whatever the step",
    ),
    Deviation(
        "cronsim-never",
        "cronsim",
        "refuses dates that never come (`30 2`, `31 4,6`)",
        "the daemon takes the line and never starts it",
    ),
    Deviation(
        "cronsim-gap-once",
        "cronsim",
        "names the first minute after a skipped hour once, whatever was missed",
        "Vixie's family starts every missed run, each by itself, in the first minute after the jump",
    ),
    Deviation(
        "cronsim-gap-long",
        "cronsim",
        "makes up also for a clock that leaps by more than three hours",
        "the daemon takes so long a leap for a clock that was set, and catches nothing up",
    ),
    Deviation(
        "cronsim-midnight",
        "cronsim",
        "starts from a midnight that does not exist, for jobs with `*` in minute or hour (Havana, Beirut, Cairo in spring)",
        "00:00 is skipped with its hour: nothing of it runs, and the hour after it runs whole",
    ),
    Deviation(
        "cronsim-hour-steps",
        "cronsim",
        "steps by whole hours over a change that is none or falls within an hour, for jobs with `*` (Lord Howe, Chatham)",
        "the next hour starts sooner or later than 60 minutes on; the minutes stepped over are due",
    ),
    Deviation(
        "cronsim-day-again",
        "cronsim",
        "does not come back to the day before where the clock goes back over midnight, for jobs with `*` (Casey)",
        "the last hours of that day come again, and such a job follows them",
    ),
    Deviation(
        "cronsim-stuck",
        "cronsim",
        "goes round in a circle where the clock goes back within an hour or over midnight, for jobs with `*` (Chatham, Casey)",
        "time goes on: each minute comes once or twice, never more",
    ),
)

KNOWN: dict[str, Deviation] = {deviation.code: deviation for deviation in _LIST}


def page() -> str:
    """The list as a Markdown page (``docs/second-opinions.md``)."""
    rows = [
        "# Second opinions",
        "",
        "`cron2fargate scan --cross-check` asks python-crontab about every line and croniter about every schedule, and lists",
        "where they disagree with this tool's reading, which follows the daemons' own sources. cronsim is a referee in the",
        "tests. These are the known deviations; a test shows each of them to occur, and a difference that none of them",
        f"foretells is reported as `{UNEXPLAINED}`. Made from `converters/opinions/deviations.py`.",
    ]
    for library in ("croniter", "python-crontab", "cronsim"):
        rows += [
            "",
            f"## {library}",
            "",
            f"| Code | What {library} does | What is right, and why |",
            "| --- | --- | --- |",
        ]
        rows += [f"| {d.code} | {_capital(d.does)} | {_verdict(d)} |" for d in _LIST if d.library == library]
    return "\n".join(rows) + "\n"


def _verdict(deviation: Deviation) -> str:
    return ("Neither is right. " if deviation.right == "neither" else "") + _capital(deviation.why)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
