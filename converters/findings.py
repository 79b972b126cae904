"""Every code the tool can report, with its severity and its help.

A code is stable: it is never renumbered and never reused. C1xx reading, C2xx schedules, C3xx clocks and parity,
C4xx commands, C5xx ecs.yml, C6xx AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Code:
    """What ``explain CODE`` prints: ``error`` blocks a job, ``warning`` asks for a decision, ``info`` only informs."""

    code: str
    severity: Severity
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said of one job or line: a code of the catalogue and a sentence about this very case."""

    code: str
    message: str

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code].severity

    @property
    def help(self) -> str:
        return CATALOGUE[self.code].help

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "severity": self.severity, "message": self.message, "help": self.help}


_CODES = [
    Code(
        "C101",
        "error",
        "not a line of a crontab",
        "The daemon cannot read this line, so it starts nothing. Mend it, or make it a comment with #.",
    ),
    Code(
        "C102",
        "warning",
        "file that the daemon ignores as a whole",
        "One mistake costs the whole file on this daemon, so its jobs may never have run. Look at cron's log, then decide "
        "which of them you want.",
    ),
    Code(
        "C103",
        "warning",
        "empty value that older Debian refuses",
        "Cron before 3.0pl1-187 (Debian 12, Ubuntu 22.04) takes NAME= for a bad minute and ignores the whole file. "
        'Write NAME="" to be safe; scan with --dialect debian-12 to see the effect.',
    ),
    Code(
        "C104",
        "warning",
        "bytes that are not UTF-8",
        "AWS takes text in UTF-8 only. Convert the file (iconv -f EUC-JP -t UTF-8, or its real encoding) and scan again.",
    ),
    Code(
        "C105",
        "info",
        "setting that changes no schedule on this daemon",
        "Only cronie heeds CRON_TZ and RANDOM_DELAY. On other daemons the line is a variable of the job and nothing more.",
    ),
    Code(
        "C110",
        "warning",
        "file with a name that cron ignores",
        "The daemon has never run these lines. Give the file by name to read it all the same.",
    ),
    Code(
        "C111",
        "warning",
        "file that the daemon does not accept",
        "Its owner, mode or links keep cron from reading it, so its jobs may never have run. Decide if they should.",
    ),
    Code(
        "C112",
        "warning",
        "file that could not be read",
        "Its jobs are missing here. Run with sudo, or pipe the table: crontab -l | cron2fargate scan -",
    ),
    Code(
        "C113",
        "info",
        "started on a schedule, but no line of a crontab",
        "run-parts or anacron starts it. To move it, write a crontab line that starts it when you want.",
    ),
    Code("C114", "info", "file given twice", "It is read once, so nothing is counted double."),
    Code(
        "C115",
        "info",
        "file passed over",
        "In a directory, hidden files, documents, scripts and special files are not read. Name the file to read it.",
    ),
    Code(
        "C116",
        "warning",
        "user column not certain",
        "The place of the file does not tell whether its lines name a user. Say it: --system or --user-crontab.",
    ),
    Code(
        "C201",
        "error",
        "@reboot has no schedule",
        "What runs at boot is a service or a preparation step: make it an ECS service if it keeps running, put it into the "
        "image or the deployment if it prepares something, or leave it on the host.",
    ),
    Code(
        "C202",
        "error",
        "interval after the last run",
        "A task that waits for its own end is a service: make it an ECS service that loops, or choose a fixed schedule.",
    ),
    Code(
        "C203",
        "error",
        "schedule that never comes",
        "No date fits (30 February, or a range that runs backwards). The job has never run: drop it, or say when it should.",
    ),
    Code(
        "C204",
        "warning",
        "time drawn by the daemon",
        "The daemon draws the time at each load of the table. Choose one time, or use a flexible time window on AWS.",
    ),
    Code(
        "C205",
        "warning",
        "field that the daemon reads otherwise than it looks",
        "The conversion follows the daemon. If that is not what was meant, mend the line before you move it.",
    ),
    Code(
        "C206",
        "info",
        "day of month OR day of week",
        "Neither day field starts with *, so cron runs on dates that match either. This is kept.",
    ),
    Code(
        "C207",
        "info",
        "day of month AND day of week",
        "One of the day fields starts with *, so cron runs only on dates that match both. This is kept.",
    ),
    Code(
        "C209",
        "warning",
        "dates that need a guard",
        "EventBridge cannot say these dates in a few expressions. It starts on more dates, and a guard in the target lets "
        "only the right ones run. Simplify the schedule if you can.",
    ),
    Code(
        "C210",
        "info",
        "more than one expression",
        "The schedule becomes several rules of one job. Together they start each run exactly once.",
    ),
    Code(
        "C301",
        "warning",
        "runs that move with the clocks",
        "A UTC rule stays where it is when the clocks change. Accept it, or use --backend scheduler, which keeps local time "
        "but skips what falls into the lost hour.",
    ),
    Code(
        "C302",
        "warning",
        "runs that are lost",
        "The daemon caught these runs up, or made them twice; AWS does not. Check that the job can miss a run.",
    ),
    Code(
        "C303",
        "warning",
        "runs that are added",
        "AWS starts these where the daemon did not. Check that the job can run once more.",
    ),
    Code(
        "C304",
        "info",
        "undocumented: the repeated hour on Scheduler",
        "AWS says a schedule runs only once in autumn; whether that holds for hourly ones is not documented. Where it "
        "matters, use a UTC rule, or watch one clock change.",
    ),
    Code(
        "C401",
        "warning",
        "lock that guards nothing on Fargate",
        "A lock file lives and dies with its container. Two runs can overlap until the job gets a lease; make sure that it "
        "can bear that, or that it ends well before its next start.",
    ),
    Code(
        "C402",
        "info",
        "time limit inside the container",
        "It works as before where the image has coreutils or BusyBox. Fargate itself has no limit.",
    ),
    Code(
        "C403",
        "info",
        "output to a file of the container",
        "Take the redirection out of the command: what the job prints then goes to CloudWatch Logs.",
    ),
    Code(
        "C404",
        "info",
        "mail of the output",
        "Cron mailed whatever the job printed. On AWS, subscribe to failures instead; the output is in CloudWatch Logs.",
    ),
    Code("C405", "info", "paths of the host", "Put these files into the image, or mount them from EFS."),
    Code(
        "C406",
        "warning",
        "command cut at %",
        "In a crontab % ends the command; write \\% for a percent sign. The job is carried over as cron ran it: broken.",
    ),
    Code("C407", "info", "standard input after %", "It becomes a here-document in the container's command."),
]

CATALOGUE: dict[str, Code] = {code.code: code for code in _CODES}
