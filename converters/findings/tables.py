"""What can be wrong with tables, their lines and their places: C1xx."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
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
        "They stand where the task does not need them, as in the name of a log. Convert the file (iconv -f EUC-JP -t UTF-8, "
        "or its real encoding) if they are meant.",
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
        "The C library takes an unknown zone for UTC, and so does this scan. Mend the name. A rule such as CET-1CEST it "
        "follows and this scan does not: name the zone, or nothing is proven.",
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
        "No line read here starts it, and no timer that could be read whole. To move it, write a crontab line that starts it "
        "when you want.",
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
        "C119",
        "warning",
        "part of a host that its collector could not look at",
        "What is there is not known; it is not nothing. Run collect.sh once more, as root, or answer in the review.",
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
        "C128",
        "warning",
        "characters that nobody sees",
        "They turn the direction of the text or have no width, so the line may not be what it looks like. Retype it if "
        "they are not meant.",
    ),
    Code(
        "C129",
        "error",
        "bytes that no task can be given",
        "ECS takes text in UTF-8 only, and the job would need these very bytes. Rename what they name and convert the table "
        "(iconv -f EUC-JP -t UTF-8, or its real encoding), then scan again.",
    ),
    Code(
        "C118",
        "warning",
        "text that is no crontab",
        "No daemon reads it as a table. Give the crontab that it makes, installs or tells of.",
    ),
    Code(
        "C130",
        "error",
        "template that nobody rendered",
        "A daemon never sees these marks. Render it as the deployment does, or take the table from a host (crontab -l, "
        "/etc/cron.d), and scan that.",
    ),
    Code(
        "C131",
        "warning",
        "blank or quote that only looks like one",
        "A word processor or a web page put it there. Cron splits fields at blanks and tabs only, and a shell knows only "
        "' and \" and -. Retype it.",
    ),
    Code(
        "C132",
        "warning",
        "time field too many",
        "Cron has five fields, minutes first. Quartz, Spring and node-cron have seconds before them, some have a year "
        "behind. Take the sixth field out, and look at the times again.",
    ),
    Code(
        "C133",
        "warning",
        "line that stands there twice",
        "Cron starts it once for each line, at the same instant. Once is probably meant: drop the others in the review.",
    ),
    Code(
        "C134",
        "warning",
        "backslash at the end of a line",
        "Only BusyBox joins lines. Elsewhere the shell gets the text up to the backslash, and the next line is another "
        "one. Put the command on one line, or into a script.",
    ),
    Code(
        "C135",
        "warning",
        "line that somebody else writes",
        "Commenting it out is not enough: its owner puts it back, or takes the next job for it. cutover moves it only when "
        "that was answered, in the review or with --accept C135; then make the change at the owner's in the same hour.",
    ),
    Code(
        "C140",
        "warning",
        "specifier that only the host knows",
        "systemd puts in its place what nothing read here tells, as the machine's id. Write the value itself into ecs.yml.",
    ),
    Code(
        "C141",
        "warning",
        "setting of a unit that the job has otherwise",
        "systemd does this for the unit, and no task does so by itself. Do what is said, or decide that the job needs it not.",
    ),
    Code(
        "C142",
        "warning",
        "service that may not end by itself",
        "A job ends. Where the program stays, make it a service of ECS, or find what it does once and start that.",
    ),
    Code(
        "C143",
        "warning",
        "timer that starts its service once",
        "A unit that stays active is not started again (systemd.timer(5)). Decide whether the job is meant to run each time; "
        "on AWS it does.",
    ),
    Code(
        "C144",
        "warning",
        "condition of a unit",
        "Where the condition does not hold, systemd starts nothing and says nothing; on AWS the job starts. Put a test into "
        "the command, or decide that it always holds in the image.",
    ),
    Code(
        "C145",
        "info",
        "setting of a unit that a task needs not",
        "Nothing has to be done: a task is alone in its place, and the environment tells of failures.",
    ),
    Code(
        "C146",
        "info",
        "timer that does not run",
        "systemd starts only timers that something wants (`systemctl enable NAME.timer` lays the link) and that are not "
        "masked. If it should move all the same, enable it and scan again.",
    ),
    Code(
        "C117",
        "warning",
        "user's name where the command begins",
        "A user's own table has no user column, so the shell looked for a program of that name, and the job failed each "
        "time. Take the name out, or give the file with --system if it belongs into /etc/cron.d.",
    ),
)
