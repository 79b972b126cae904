"""Schedules, clocks and parity: C2xx and C3xx."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
    Code(
        "C201",
        "error",
        "@reboot has no schedule",
        "What runs at boot is a service or a preparation step: ecs.yml has it as an ECS service with desiredCount 0. Set 1 "
        "if it keeps running; put it into the image or the deployment if it prepares something; or leave it on the host.",
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
        "C208",
        "warning",
        "start delayed at random by the daemon",
        "Parity is counted without the delay. On AWS a flexible time window does the same; or accept the exact time.",
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
        "C217",
        "warning",
        "runs that a lock skips",
        "On AWS the lock is held while the task starts, so a run may find it taken that found it free under cron, and is "
        "skipped without a failure. Make the job a service; take the lock inside the task, which must see one file system; "
        "start it less often; or wait longer for the lock.",
    ),
    Code(
        "C218",
        "info",
        "schedules for what the clocks skip",
        "The daemon catches up a run whose time is skipped in spring, Scheduler does not; these schedules start it, at the "
        "daemon's own minute. Dates with years end: scan again before the last one.",
    ),
    Code(
        "C219",
        "info",
        "seconds that a schedule does not have",
        "A timer of systemd may name seconds; by default it is up to a minute late anyway (AccuracySec). EventBridge starts at "
        "the minute, so the job starts less than a minute earlier.",
    ),
    Code(
        "C220",
        "error",
        "more than one start a minute",
        "No schedule of AWS starts so often. Make the job a service that loops, or choose a time once a minute or less.",
    ),
    Code(
        "C221",
        "warning",
        "time counted from the last start",
        "A timer of systemd counts from the boot of its host, a rate from the minute in which it is enabled; how often is the "
        "same, when is not. Accept that, or write times of the clock as cron(...).",
    ),
    Code(
        "C222",
        "error",
        "dates that no expressions say",
        "Such dates, as the last Monday of each month, have no documented expression. Start the job every week, say, and let "
        "its command test the date; or choose other dates.",
    ),
    Code(
        "C223",
        "info",
        "runs that a lock of several places refuses",
        "More runs come at once than lock.runs of ecs.yml lets go; each that is one too many ends as CeilingReached and is "
        "told. Let more go at once, start it less often, or wait longer for the lock.",
    ),
    Code(
        "C230",
        "warning",
        "further start of a timer",
        "A timer of systemd may start its unit by the clock, after the boot and after its last start, all at once. A schedule "
        "of AWS has one kind of time: decide whether the other start was needed, as after a boot it often is not on AWS.",
    ),
    Code(
        "C231",
        "info",
        "start that systemd makes up for",
        "After a time in which the host was down such a timer starts its unit at once. EventBridge is not down; a schedule "
        "that was disabled makes up for nothing when it is enabled again.",
    ),
    Code(
        "C232",
        "info",
        "start that systemd puts off",
        "Parity is counted without the delay. A flexible time window of Scheduler does the same; a rule starts at the minute.",
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
        "C305",
        "error",
        "runs lost to a test of the date",
        "The start is moved to another local date, hour or week, and the test in the command then says something else than "
        "on the old host. Start it with Scheduler in the zone itself (`backend: scheduler`), where its times do not move; or "
        "take the test out of the command and into the schedule.",
    ),
    Code(
        "C306",
        "error",
        "test of the date that cannot be judged",
        "Some starts are not at cron's time, and what the test in the command says then is not known here. Start it with "
        "Scheduler in the zone itself (`backend: scheduler`), where its times do not move; or take the test out of the command "
        "and into the schedule; or look at the test and decide.",
    ),
    Code(
        "C307",
        "warning",
        "test of the date that is read too late",
        "On AWS the command begins when its task has started, half a minute or more after its minute, and a test of the "
        "date or time in it reads the clock then. Start the job some minutes away from the boundary that the test looks at, "
        "or take the test out of the command and into the schedule.",
    ),
    Code(
        "C308",
        "warning",
        "test of another day near a clock change",
        "`date -d tomorrow` is 24 hours later, so within an hour of midnight before a clock change it is not on the next day: "
        "cron's job ran on a date it was not meant for, or missed its own. The schedule says the dates that are meant. Accept "
        "that, or start the job some hours away from midnight.",
    ),
    Code(
        "C309",
        "info",
        "starts after other jobs",
        "Its schedule is gone: a run for each good end of what it follows, none where that failed. No times are left to be "
        "compared, so nothing is called exact. Take `after` away where it must run at its time.",
    ),
)
