"""Pages of schedules, clocks and parity: C2xx and C3xx."""

from __future__ import annotations

from converters.findings.pages.page import Page, told

_REPORT = "0 5 * * * /opt/app/report"
_FREEBSD = ("--dialect", "freebsd")
_SYSTEMD = ("--dialect", "systemd")


PAGES = {
    "C201": Page(
        "@reboot /opt/app/serve",
        _REPORT,
        "Where the service is started by the deployment already: drop the job.",
    ),
    "C202": Page(
        "@300 /opt/app/poll",
        "*/5 * * * * /opt/app/poll",
        "Never: nothing on AWS starts a task some seconds after the last one ended.",
        options=_FREEBSD,
    ),
    "C203": Page(
        "0 5 30 2 * /opt/app/report",
        "0 5 28 2 * /opt/app/report",
        "Where the date was chosen so that the line never runs: drop the job.",
    ),
    "C204": Page(
        "0~59 5 * * * /opt/app/report",
        _REPORT,
        "Where any minute is as good as another: the one proposed is taken.",
        options=("--dialect", "openbsd"),
    ),
    "C205": Page(
        "*/60 * * * * /opt/app/poll",
        "0 * * * * /opt/app/poll",
        "Where the job has run rightly all the while: what the daemon does is kept.",
    ),
    "C206": Page(
        "0 5 13 * 5 /opt/app/report",
        "0 5 13 * * /opt/app/report",
        "Where both the date and the weekday are meant, each by itself.",
    ),
    "C207": Page(
        "0 5 */2 * 1 /opt/app/report",
        "0 5 * * 1 /opt/app/report",
        "Where only Mondays of odd dates are meant.",
    ),
    "C208": Page(
        "RANDOM_DELAY=30\n0 5 * * * /opt/app/report",
        _REPORT,
        "Where the exact minute is as good.",
        options=("--dialect", "cronie"),
    ),
    "C209": Page(
        "0 5 */2 * 1 /opt/app/report",
        "0 5 * * 1 /opt/app/report",
        "Where some starts that end at once cost too little to matter.",
    ),
    "C210": Page(
        "7 20 1-7 * 5 /opt/app/report",
        "7 20 * * 5 /opt/app/report",
        "Always: several rules of one job are registered and removed together.",
    ),
    "C211": Page(
        "0 5 * * * -q /opt/app/report",
        _REPORT,
        "Where nobody wants to compare the past runs.",
        options=("--dialect", "openbsd"),
    ),
    "C212": Page(
        "*/5 * * * * -s /opt/app/poll",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Where two runs at once do no harm.",
        options=("--dialect", "openbsd"),
    ),
    "C214": Page(
        "0 5 */2 * * /opt/app/report",
        "0 5 1-31/2 * * /opt/app/report",
        "Where the dialect of the scan is that of the host.",
    ),
    "C215": told(
        "`--backend seasonal` makes rules in UTC with years in them, one for each season up to the end of the window, "
        "and they start nothing after it. `--backend scheduler` needs none.",
        "Until some months before that end: then scan again with a later --until.",
    ),
    "C216": Page(
        "0 5 * * * -n /opt/app/report",
        _REPORT,
        "Where `notify.email` in ecs.yml has who should hear of failures.",
        options=("--dialect", "openbsd"),
    ),
    "C217": Page(
        "* * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "*/15 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Where a run that is skipped is made good by the next one.",
    ),
    "C218": Page(
        "30 2 * * * /opt/app/report",
        _REPORT,
        "Until the year in which the schedules that catch up end.",
        options=("--backend", "exact"),
    ),
    "C219": Page(
        "*-*-* 05:00:30",
        "*-*-* 05:00",
        "Where less than a minute makes no difference.",
        options=_SYSTEMD,
    ),
    "C220": Page(
        "*:*:0/10",
        "*:*",
        "Never: no schedule of AWS starts so often.",
        options=_SYSTEMD,
    ),
    "C221": told(
        "A timer of systemd has OnBootSec= and OnUnitActiveSec=, which count from the boot of the host and from "
        "the last start. OnCalendar= names times of the clock in their place.",
        "Where how often matters, and not at which minute.",
    ),
    "C222": Page(
        "Mon *-*~07/1 05:00",
        "Mon 05:00",
        "Never: without other dates the job cannot be registered.",
        options=_SYSTEMD,
    ),
    "C223": told(
        "ecs.yml says `lock: {name: NAME, runs: N}`, and by its schedule and the length of its runs more than N of them "
        "would go at once on some day. `plan` and `report` count them.",
        "Where the ceiling is meant to refuse them.",
    ),
    "C301": Page(
        _REPORT,
        "0 * * * * /opt/app/report",
        "Where an hour earlier or later does not matter to who waits for the result.",
        options=("--backend", "rule"),
    ),
    "C302": Page(
        "30 2 * * * /opt/app/report",
        _REPORT,
        "Where the job makes good what a run has missed.",
        options=("--backend", "scheduler"),
    ),
    "C303": Page(
        "30 1 * * * /opt/app/report",
        "30 5 * * * /opt/app/report",
        "Where a second run does no harm.",
        options=("--backend", "rule"),
    ),
    "C304": Page(
        "*/30 * * * * /opt/app/poll",
        _REPORT,
        "Where a job of every half hour may miss or repeat an hour in autumn.",
        options=("--backend", "scheduler"),
    ),
    "C305": Page(
        '30 10 * * * [ "$(TZ=Asia/Tokyo date +\\%u)" = 1 ] && /opt/app/report',
        '30 12 * * * [ "$(TZ=Asia/Tokyo date +\\%u)" = 1 ] && /opt/app/report',
        "Never: runs are lost. Take the test into the schedule.",
        options=("--backend", "rule"),
        zone="America/New_York",
    ),
    "C306": Page(
        '30 10 * * * [ "$(TZ=XYZ-9ABC date +\\%u)" = 1 ] && /opt/app/report',
        "30 10 * * 1 /opt/app/report",
        "Where somebody has looked at the test and knows what it says at the times that move.",
        options=("--backend", "rule"),
        zone="America/New_York",
    ),
    "C307": Page(
        "0,30 * * * * [ $(date +\\%M) -eq 30 ] && /opt/app/report",
        "30 * * * * /opt/app/report",
        "Where a run that the test lets fall is no loss.",
        zone="Asia/Tokyo",
    ),
    "C308": Page(
        '50 23 28-31 * * [ "$(date -d tomorrow +\\%d)" = 01 ] && /opt/app/close',
        '50 12 28-31 * * [ "$(date -d tomorrow +\\%d)" = 01 ] && /opt/app/close',
        "Where the schedule that the tool wrote names the dates that are meant.",
    ),
    "C309": Page(
        "# cron2fargate: name=load\n0 3 * * * /opt/app/load\n# cron2fargate: after=load\n0 4 * * * /opt/app/report",
        "# cron2fargate: name=load\n0 3 * * * /opt/app/load\n0 4 * * * /opt/app/report",
        "Where the order is what was meant by the later time.",
    ),
}
