"""Pages of comments, logs, reports and the switch itself: C64x, C65x and C7xx."""

from __future__ import annotations

from converters.findings.pages.page import Page, told

_REPORT = "0 5 * * * /opt/app/report"
_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n")
_SPOOL = "var/spool/cron/crontabs/deploy"
_ROOTS = "var/spool/cron/crontabs/root"
_LOCKED = "/usr/bin/flock -n /tmp/report.lock /opt/app/report"


def _day(day: int, *rows: str) -> str:
    """Rows of cron's log on one day of March, where cron itself is seen alive in each hour."""
    alive = [f"Mar {day:2} {hour:02}:17:01 web1 CRON[{9000 + hour}]: (root) CMD (cd / && true)" for hour in range(24)]
    return "\n".join(sorted([*alive, *(f"Mar {day:2} {row}" for row in rows)])) + "\n"


def _run(at: str, pid: int, command: str = "/opt/app/report") -> str:
    return f"{at} web1 CRON[{pid}]: (deploy) CMD ([{pid + 50}] {command})"


def _end(at: str, pid: int, command: str = "/opt/app/report") -> str:
    return f"{at} web1 CRON[{pid}]: (deploy) END ([{pid + 50}] {command})"


PAGES = {
    "C640": told(
        "The report reckons the cost of a job that starts each minute or so against one task that is kept "
        "running. `service:` in ecs.yml makes it one.",
        "Where the few dollars are no matter, or each run must begin anew.",
    ),
    "C641": told(
        "The environment's subnets reach the registry by a NAT gateway, which asks for each gigabyte of each "
        "pull. An endpoint of S3 in the route table ends most of it.",
        "Where the starts are few.",
    ),
    "C642": told(
        "The environment names a region whose prices the tool does not carry. `prices:` in cron2fargate.yml has them.",
        "Where nobody looks at the cost page.",
    ),
    "C643": told(
        "Jobs without a timeout, a lock or `once` are started by the rule itself. `start: workflow` puts a state "
        "machine between, which starts again and tells.",
        "Where a start that fails once in a while is no loss, as of a job that runs each minute.",
    ),
    "C650": Page(
        f"# cron2fargate: nmae=report\n{_REPORT}",
        f"# cron2fargate: name=report\n{_REPORT}",
        "Where the comment is not the tool's: write it otherwise.",
    ),
    "C651": Page(
        f"# cron2fargate: timeout=soon\n{_REPORT}",
        f"# cron2fargate: timeout=10m\n{_REPORT}",
        "Never: the comment says nothing as it stands.",
    ),
    "C652": Page(
        f"# cron2fargate: name=report\n\n{_REPORT}",
        f"# cron2fargate: name=report\n{_REPORT}",
        "Where the line below it is gone: take the comment away.",
    ),
    "C653": Page(
        f"# cron2fargate: name=report\n{_REPORT}\n# cron2fargate: name=report\n0 6 * * * /opt/app/other",
        f"# cron2fargate: name=report\n{_REPORT}\n# cron2fargate: name=other\n0 6 * * * /opt/app/other",
        "Where the name that the tool gave is as good.",
    ),
    "C654": Page(
        "0 5 * * * root /opt/app/report",
        "0 6 * * * root /opt/app/tidy",
        "Never while more than one host still runs it: each run would be doubled.",
        options=("web2",),
        at="etc/crontab",
        host=(_PASSWD, ("../web2/etc/crontab", "0 5 * * * root /opt/app/report\n"), ("../web2/etc/passwd", _PASSWD[1])),
    ),
    "C700": Page(
        _REPORT,
        "17 * * * * cd / && true",
        "Where the log is of a time before the line was written.",
        at=_SPOOL,
        good_at=_ROOTS,
        host=(_PASSWD,),
        log="".join(_day(day) for day in range(2, 12)),
    ),
    "C701": Page(
        _REPORT,
        "17 * * * * cd / && true",
        "Where the machine is known to have slept.",
        at=_SPOOL,
        good_at=_ROOTS,
        host=(_PASSWD,),
        log="".join(_day(day, *([] if day == 5 else [_run("05:00:01", day)])) for day in range(2, 12)),
    ),
    "C702": Page(
        _REPORT,
        "# cron2fargate: timeout=10m\n17 * * * * cd / && true",
        "Where the job is short and has a time limit of its own.",
        at=_SPOOL,
        good_at=_ROOTS,
        host=(_PASSWD,),
        log="".join(_day(day, _run("05:00:01", day), _end("05:03:00", day)) for day in range(2, 12)),
    ),
    "C703": Page(
        "*/5 5 * * * /opt/app/report",
        "*/5 5 * * * /usr/bin/flock -n /tmp/report.lock /opt/app/report",
        "Where two runs at once do no harm.",
        at=_SPOOL,
        host=(_PASSWD,),
        log=_day(4, _run("05:00:01", 1), _run("05:05:01", 2), _end("05:08:00", 1), _end("05:09:00", 2)),
    ),
    "C704": Page(
        "*/5 5 * * * /usr/bin/flock -n /tmp/report.lock /opt/app/report",
        "*/15 5 * * * /opt/app/report",
        "Where runs may be skipped.",
        at=_SPOOL,
        host=(_PASSWD,),
        log=_day(
            4,
            *(_run(f"05:{5 * n:02}:01", n, _LOCKED) for n in (0, 1)),
            _end("05:05:01", 1, _LOCKED),
            _end("05:08:00", 0, _LOCKED),
        ),
    ),
    "C705": Page(
        f"{_REPORT}\n0 6 * * * /opt/app/report",
        f"{_REPORT}\n0 6 * * * /opt/app/other",
        "Always: each run is counted for the line that was due.",
        at=_SPOOL,
        host=(_PASSWD,),
        log="".join(_day(day, _run("05:00:01", day), _run("06:00:01", 100 + day)) for day in range(2, 12)),
    ),
    "C706": Page(
        _REPORT,
        "17 * * * * cd / && true",
        "Where that status is no failure: state it under `success` in ecs.yml.",
        at=_SPOOL,
        good_at=_ROOTS,
        host=(_PASSWD,),
        log=_day(
            4,
            "05:00:01 web1 CRON[50]: (deploy) CMD ([60] /opt/app/report)",
            "05:00:02 web1 CRON[50]: (CRON) error (grandchild #60 failed with exit status 3)",
            "05:00:02 web1 CRON[50]: (deploy) END ([60] /opt/app/report)",
        ),
    ),
    "C750": told(
        "`cutover` looks for a minute in which no run is under way, and nothing tells how long runs last. Scan "
        "with --log, or give the job a timeout.",
        "Where an hour is surely longer than any run.",
    ),
    "C751": told(
        "`cutover` meets a job that runs each minute or so: between two runs there is no room for the daemon's "
        "and AWS's delays. `--accept-loss` stops the one side first.",
        "Where a few runs may be lost.",
    ),
    "C752": told(
        "`cutover` meets a job whose runs last as long as the time between them. Look that nothing is running, "
        "then switch.",
        "Where two runs at once do no harm.",
    ),
    "C754": told(
        "`cutover` of one job meets others on the same line, of the same script or the same lock, and takes them "
        "along.",
        "Where they are to go together anyway.",
    ),
    "C755": told(
        "A line of the crontab is in use while the job's rule is enabled. `cron2fargate rollback JOB` or "
        "`disable JOB` leaves one.",
        "Never: each run is doubled.",
    ),
    "C756": told(
        "The journal of a `cutover` or `rollback` ends between two steps, as after a lost connection. `cutover "
        "--resume` goes on.",
        "Never: nobody knows which side runs.",
    ),
    "C757": told(
        "After the cutover a rule was switched by hand, or the line was edited. `enable`, `disable` or "
        "`rollback` brings the job to one side.",
        "Where whoever did it is still at it.",
    ),
    "C758": told(
        "`cutover --shadow` replaces the command in a rule's target, and ECS cannot replace an ENTRYPOINT that way.",
        "Where the image has no ENTRYPOINT, or a shell's.",
    ),
    "C760": told(
        "A line was edited after it was decided about, so review.yml speaks of another text. Answer once more in "
        "the review.",
        "Never: say that the decision still holds, and it is gone.",
    ),
    "C761": told(
        "A question that must be answered is open: which image, which lock. `cron2fargate review JOB` asks it.",
        "Never: the job is not moved until it is answered.",
    ),
    "C762": told(
        "The comparison of runs is not exact, and nobody accepted the difference. The report shows the runs; the "
        "review takes them.",
        "Where the difference is one that you can bear: say so in the review.",
    ),
    "C763": told(
        "The image was not read, or something that the command needs is not known. `cron2fargate image NAME` and "
        "a new scan answer it.",
        "Where you know what the image holds: say so in the review.",
    ),
    "C764": told(
        "ecs.yml names another image than the one that was read, or that one was read again since the scan. Scan "
        "again.",
        "Never: the answers are of another image.",
    ),
    "C765": told(
        "`cutover` takes the x bits off a script of run-parts that a package of rpm owns, and its next upgrade "
        "sets them again.",
        "Where the package is gone, or its script is named in jobs.deny.",
    ),
    "C766": told(
        "A job that was decided to run once for several hosts is cut over while its line is in use on another of them.",
        "Never: each run would be doubled.",
    ),
}
