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
        "C106",
        "warning",
        "CRON_TZ that names no time zone",
        "The C library takes an unknown zone for UTC, and so does this scan. Mend the name.",
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
        "No line read here starts it. To move it, write a crontab line that starts it when you want.",
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
        "C120",
        "warning",
        "time that anacron does not keep to the minute",
        "Anacron starts what is due some minutes after it is called, and after downtime it catches up. EventBridge starts at "
        "one stated minute and makes up for nothing. Check the minute; where a run may not be missed, watch for it.",
    ),
    Code(
        "C121",
        "info",
        "line whose jobs stand on their own",
        "The scripts of its directory, or the jobs of anacron's table, are jobs of their own; the line makes "
        "no further one.",
    ),
    Code(
        "C122",
        "error",
        "line that does more than start its directory",
        "The scripts became jobs of their own, so this line is not carried over. Make a job of what else it does.",
    ),
    Code(
        "C123",
        "info",
        "file that run-parts passes over",
        "It has never run from this directory. Rename it, or make it executable, if it should.",
    ),
    Code(
        "C124",
        "warning",
        "anacron is not installed here",
        "Its table is left over, so this job does not run any more. Drop it, or decide that it should.",
    ),
    Code(
        "C125",
        "info",
        "scripts that ran one after the other",
        "As jobs of their own they start in the same minute, in no order. Where one needs what another makes, move its "
        "schedule, or let one job run both.",
    ),
    Code(
        "C126",
        "warning",
        "period counted from the last run",
        "Anacron counts days from the last run, a schedule names dates. Choose the weekday or date that suits the job.",
    ),
    Code(
        "C127",
        "error",
        "job that anacron never starts",
        "No hour of the day satisfies the table's own limits. Decide when it should run.",
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
        "C208",
        "warning",
        "start delayed at random by the daemon",
        "Parity is counted without the delay. On AWS a flexible time window does the same; or accept the exact time.",
    ),
    Code("C211", "info", "no log of starts", "Verify such a job by its own traces; cron's log does not name it."),
    Code(
        "C212",
        "warning",
        "daemon that never overlaps runs",
        "EventBridge starts a task whether or not the last one has ended. Give the job a lock, or make sure "
        "that it ends in time.",
    ),
    Code(
        "C214",
        "info",
        "schedule that daemons read differently",
        "The conversion follows the dialect of this scan. If the machine runs another daemon, scan with --dialect.",
    ),
    Code(
        "C215",
        "warning",
        "seasonal rules that end",
        "Rules with years follow every clock change up to the end of the window and then stop. Scan again well before, with a "
        "later --until, or use --backend scheduler.",
    ),
    Code(
        "C216",
        "info",
        "mail only on failure",
        "Subscribe to failures on AWS instead; the output is in CloudWatch Logs.",
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
    Code(
        "C410",
        "warning",
        "lock that waits without bound",
        "Late runs pile up behind a slow one. Choose: skip a run that finds the lock taken, or wait a stated time.",
    ),
    Code(
        "C411",
        "warning",
        "lock that stays in the command",
        "A lock file guards nothing in a container. Write `lock:` in ecs.yml if one run at a time is meant.",
    ),
    Code(
        "C412",
        "warning",
        "wrapper that stays in the command",
        "This use of it is not taken over, so the text is as it was. Check that the image has the tool and "
        "that it still makes sense.",
    ),
    Code(
        "C413",
        "warning",
        "failure hidden by `|| true`",
        "Under cron nobody looked at the exit status; on AWS alarms and retries do. Remove `|| true` unless it is meant.",
    ),
    Code(
        "C414",
        "warning",
        "failure hidden by a pipe",
        "A pipe ends as its last command does. Use `set -o pipefail` with bash, or drop the pipe.",
    ),
    Code(
        "C415",
        "info",
        "failure no longer hidden by a pipe",
        "The pipe into a logger is gone, since output goes to CloudWatch Logs; the task ends as the job does.",
    ),
    Code(
        "C416",
        "info",
        "background job that is waited for",
        "A container ends when its first process does, so the job runs in the foreground.",
    ),
    Code(
        "C417",
        "error",
        "background job that would be killed",
        "The container's shell ends at once and takes the rest with it. End the command with `wait`.",
    ),
    Code(
        "C420",
        "info",
        "log file becomes CloudWatch Logs",
        "Nothing writes that file any more: look for what reads or rotates it.",
    ),
    Code(
        "C421",
        "warning",
        "output that stays a file",
        "It is written inside the container and gone with it. If it is data, write to S3 or EFS; if it is a "
        "log, drop the redirection.",
    ),
    Code(
        "C422",
        "info",
        "output no longer thrown away",
        "It was sent to /dev/null to keep cron from mailing it. In CloudWatch Logs it helps when a run fails.",
    ),
    Code(
        "C430",
        "info",
        "pause before the job",
        "Start offsets and random pauses belong to the schedule: shift its minute, or use a flexible time window.",
    ),
    Code(
        "C431",
        "error",
        "random pause that has never worked",
        "`$RANDOM` is empty in dash, the arithmetic fails and the command ends there. Decide whether the job "
        "should run from now on.",
    ),
    Code(
        "C432",
        "warning",
        "random pause that is always the same",
        "RANDOM is empty in dash and counts as 0. Use a flexible time window if spreading is meant.",
    ),
    Code(
        "C440",
        "info",
        "test of the date becomes schedule",
        "The comparison of runs before and after is made with the days on which the test was true.",
    ),
    Code(
        "C441",
        "warning",
        "test of the date or time that stays",
        "It is asked in the container's zone, UTC unless TZ is set, at the moment the container starts.",
    ),
    Code(
        "C442",
        "error",
        "test that is never true",
        "The job has never run. Remove it, or mend the test.",
    ),
    Code(
        "C443",
        "warning",
        "test that fails with 08 and 09",
        "Shell arithmetic reads a leading zero as octal. Use `date +%-V` or `10#`; decide whether the "
        "skipped runs should come back.",
    ),
    Code(
        "C444",
        "error",
        "command cut at an unescaped %",
        "In a crontab % ends the command and begins standard input, even inside quotes. The job has never "
        "done what it says.",
    ),
    Code(
        "C445",
        "info",
        "% passes standard input",
        "The text after the first % is the job's standard input; it is passed on in the same way.",
    ),
    Code(
        "C446",
        "warning",
        "command that reads the clock",
        "Cron's machine had a zone of its own. Set TZ in the container's environment, or dates near midnight are wrong.",
    ),
    Code(
        "C450",
        "warning",
        "bash syntax under sh",
        "Cron runs commands with /bin/sh. Where that is dash, the line failed or did something else. Use "
        "SHELL=/bin/bash, or mend it.",
    ),
    Code(
        "C451",
        "warning",
        "login shell",
        "Profile files of the host gave it PATH and other variables. Set them in the image, or as environment.",
    ),
    Code(
        "C452",
        "warning",
        "shell settings read from a file",
        "Put the variables into ecs.yml (secrets as references), or the file into the image.",
    ),
    Code(
        "C453",
        "warning",
        "change of user",
        "The container runs as that user from the start. sudo also clears the environment: check what the job reads.",
    ),
    Code(
        "C454",
        "info",
        "version manager taken off",
        "An image holds one version of a runtime; build the one that the host used into it.",
    ),
    Code(
        "C455",
        "info",
        "deploy tool's current release",
        "In the image the program stands in one place; set workingDirectory to it.",
    ),
    Code(
        "C456",
        "info",
        "path from the home directory",
        "Cron starts every job in the user's home directory. Set workingDirectory, or write the whole path.",
    ),
    Code(
        "C457",
        "info",
        "variable that is not set here",
        "Cron gives HOME, LOGNAME, SHELL and PATH; the rest must come from the table or the container.",
    ),
    Code(
        "C458",
        "warning",
        "carriage return at the end",
        "Save the file with Unix line endings. Until then the last word of the command ends with an invisible character.",
    ),
    Code(
        "C459",
        "warning",
        "command that cannot be read",
        "It is carried over exactly as it stands. If quotes do not match, the shell refused it too, and it has never run.",
    ),
    Code(
        "C460",
        "warning",
        "search for a running process",
        "It kept two runs apart. In a container it never finds one, so it becomes a lock.",
    ),
    Code(
        "C461",
        "error",
        "pgrep that finds itself",
        "`pgrep -f` looks at whole command lines, that of cron's own shell too. The job has never run; "
        "decide whether it should.",
    ),
    Code(
        "C462",
        "warning",
        "test of the host",
        "In a container files, tools and names differ, so the job may silently do nothing. Drop the test, or "
        "make it true there.",
    ),
    Code(
        "C463",
        "error",
        "program that is kept running",
        "A scheduled task that never ends is an ECS service. Make it one.",
    ),
    Code(
        "C464",
        "info",
        "lines that differ only by a pause",
        "Together they run more than once a minute. EventBridge starts tasks once a minute at most: loop inside one task.",
    ),
    Code(
        "C465",
        "info",
        "ping of a monitor",
        "It still tells the monitor. Check the monitor's grace time: a task takes longer to begin than a process.",
    ),
    Code(
        "C466",
        "warning",
        "scheduler inside the job",
        "What it starts and when stands in the program. List its own schedule before you move it.",
    ),
    Code(
        "C470",
        "info",
        "path of the host",
        "Put it into the image, mount it from EFS, or fetch it from S3.",
    ),
    Code(
        "C471",
        "warning",
        "mail",
        "Send through SES, or let a notification tell of failures.",
    ),
    Code(
        "C472",
        "warning",
        "service of this machine",
        "localhost is the container itself. Give the job the real address of the database or service.",
    ),
    Code(
        "C473",
        "warning",
        "remote shell",
        "Keys belong into secrets, known hosts into the image; the task's network must reach the other side.",
    ),
    Code(
        "C474",
        "warning",
        "sudo inside the command",
        "A container's user is set once. Run the task as the right user and drop sudo.",
    ),
    Code(
        "C475",
        "error",
        "service manager",
        "A container has no init system. Keep the job on a host, or replace it by a call to the platform.",
    ),
    Code(
        "C476",
        "error",
        "container engine",
        "A task cannot steer the host's containers. Start the inner work as a task of its own.",
    ),
    Code(
        "C477",
        "warning",
        "state kept on the host",
        "A task begins with an empty disk and loses it at the end. Use EFS or S3 for what must stay.",
    ),
    Code(
        "C478",
        "error",
        "directory of jobs",
        "Read the directory as well and move its jobs one by one.",
    ),
    Code(
        "C479",
        "error",
        "care of the host itself",
        "The work belongs to the machine. If the machine goes, drop it; otherwise leave it there.",
    ),
    Code(
        "C480",
        "warning",
        "secret in clear",
        "Put each value into SSM Parameter Store under the name that ecs.yml gives, then change it: it has stood in a "
        "crontab. The execution role needs ssm:GetParameters on it.",
    ),
    Code(
        "C481",
        "warning",
        "secret that needs a hand",
        "Write the command so that it reads the secret from a variable, and add that variable under secrets in ecs.yml.",
    ),
]

CATALOGUE: dict[str, Code] = {code.code: code for code in _CODES}
