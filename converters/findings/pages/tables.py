"""Pages of what can be wrong with tables, their lines and their places: C1xx."""

from __future__ import annotations

from converters.findings.pages.page import Files, Page, told

_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n")
_SCRIPT = "#!/bin/sh\n/opt/app/tidy\n"
_DAILY: Files = (_PASSWD, ("etc/cron.daily/tidy", _SCRIPT))
_ANACRON: Files = (
    _PASSWD,
    ("usr/sbin/anacron", "#!/bin/sh\n"),
    ("etc/cron.d/anacron", "30 7 * * * root /usr/sbin/anacron -s\n"),
)
_SYSTEM = "etc/crontab"
_OTHER = ("etc/crontab", "0 6 * * * root /opt/app/tidy\n")

PAGES = {
    "C101": Page(
        "0 25 * * * /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where the line is a remark that lacks its #: it has never started anything. Take it out all the same.",
    ),
    "C102": Page(
        "0 5 * * * root /opt/app/report\n0 25 * * * root /opt/app/tidy",
        "0 5 * * * root /opt/app/report\n0 6 * * * root /opt/app/tidy",
        "Where the daemon is another one that skips the bad line alone (cronie): scan with --dialect cronie.",
        at="etc/cron.d/app",
        host=(_PASSWD,),
    ),
    "C103": Page(
        "MAIL=\n0 5 * * * /opt/app/report",
        'MAIL=""\n0 5 * * * /opt/app/report',
        "Where no host with an older cron will ever read this table again, as after its switch to AWS.",
    ),
    "C104": Page(
        "0 5 * * * /opt/app/report > /var/log/caf\udce9.log",
        "0 5 * * * /opt/app/report > /var/log/cafe.log",
        "Where the bytes stand in the name of a log only: the output goes to CloudWatch Logs under another name.",
    ),
    "C105": Page(
        "CRON_TZ=Asia/Tokyo\n0 5 * * * /opt/app/report",
        "# 05:00 by the clock of the host\n0 5 * * * /opt/app/report",
        "Where the times are right as the host's own zone, in which the jobs have run all the while.",
    ),
    "C106": Page(
        "CRON_TZ=Tokyo/Asia\n0 5 * * * /opt/app/report",
        "CRON_TZ=Asia/Tokyo\n0 5 * * * /opt/app/report",
        "Where UTC is what was meant: then write UTC.",
        options=("--dialect", "cronie"),
    ),
    "C110": Page(
        "0 5 * * * root /opt/app/report",
        "0 5 * * * root /opt/app/report",
        "For a copy or a backup of a table, which is not meant to run.",
        at="etc/cron.d/app.bak",
        good_at="etc/cron.d/app",
        host=(_PASSWD, _OTHER),
    ),
    "C111": told(
        "A table in /etc/cron.d or in the spool is writable by others than its owner, belongs to somebody else, "
        "or is a link that the daemon does not follow. `chmod 644`, `chown root` or a plain file in its place ends it.",
        "Where the jobs are off on purpose: drop them in the review.",
    ),
    "C112": told(
        "The scan may not open a file: /var/spool/cron is for root alone. `sudo cron2fargate scan`, or "
        "`collect.sh` run as root and the archive scanned, ends it.",
        "Where the file is known to hold no jobs.",
    ),
    "C113": Page(
        "0 5 * * * root /opt/app/report",
        "0 5 * * * root /opt/app/report\n25 6 * * * root run-parts /etc/cron.daily",
        "Where what it starts stays with the host, as its own care does.",
        at=_SYSTEM,
        host=_DAILY,
    ),
    "C114": told(
        "A file is given twice, as in `scan etc/cron.d etc/cron.d/app`, or two names of a tree lead to it.",
        "Always: it says only that nothing was counted twice.",
    ),
    "C115": Page(
        "0 5 * * * root /opt/app/report",
        "0 5 * * * root /opt/app/report",
        "For documents, hidden files and links to directories, which hold no jobs of cron.",
        at="etc/cron.d/.placeholder",
        good_at="etc/cron.d/app",
        host=(_PASSWD, _OTHER),
    ),
    "C116": Page(
        "0 5 * * * backup /srv/data",
        "0 5 * * * /usr/local/bin/backup /srv/data",
        "Where the line reads as you mean it. --system or --user-crontab then says so for good.",
        column="",
    ),
    "C117": Page(
        "0 5 * * * root /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where there is a program of that name on purpose.",
    ),
    "C118": Page(
        "jobs:\n  report:\n    schedule: 0 5 * * *\n    command: /opt/app/report",
        "0 5 * * * root /opt/app/report",
        "Where the file lies beside the tables by chance.",
        at="etc/cron.d/app",
        host=(_PASSWD, _OTHER),
    ),
    "C119": told(
        "`collect.sh` ran as a user who may not read a part of the host, or the host has not the program that "
        "would tell. The manifest in its archive says which part. Run it once more as root.",
        "Where nothing that a job needs lies in that part.",
    ),
    "C120": Page(
        "1 5 report /opt/app/report",
        "0 5 * * * root /opt/app/report",
        "Where the minute does not matter, as for most daily work.",
        at="etc/anacrontab",
        good_at=_SYSTEM,
        host=_ANACRON,
    ),
    "C121": Page(
        "25 6 * * * root run-parts /etc/cron.daily",
        "25 6 * * * root /opt/app/tidy",
        "Always: the scripts of the directory are jobs of their own.",
        at=_SYSTEM,
        host=_DAILY,
        good_host=(_PASSWD,),
    ),
    "C122": Page(
        "25 6 * * * root run-parts /etc/cron.daily && /opt/app/mail",
        "25 6 * * * root run-parts /etc/cron.daily",
        "Where the rest of the line served the directory only, and its scripts do without.",
        at=_SYSTEM,
        host=_DAILY,
    ),
    "C123": Page(
        "25 6 * * * root run-parts /etc/cron.daily",
        "25 6 * * * root run-parts /etc/cron.daily",
        "For editors' backups and read-me files, which were never meant to run.",
        at=_SYSTEM,
        host=(*_DAILY, ("etc/cron.daily/report.sh", _SCRIPT)),
        good_host=(*_DAILY, ("etc/cron.daily/report", _SCRIPT)),
    ),
    "C124": Page(
        "1 5 report /opt/app/report",
        "1 5 report /opt/app/report",
        "Where anacron was removed on purpose: drop the job.",
        at="etc/anacrontab",
        host=(
            _PASSWD,
            ("usr/bin/env", "#!/bin/sh\n"),
            ("var/lib/dpkg/status", "Package: cron\nStatus: install ok installed\n\n"),
        ),
        good_host=_ANACRON,
    ),
    "C125": Page(
        "25 6 * * * root run-parts /etc/cron.daily",
        "25 6 * * * root run-parts /etc/cron.daily",
        "Where no script of the directory needs what another one made.",
        at=_SYSTEM,
        host=(*_DAILY, ("etc/cron.daily/report", "#!/bin/sh\n/opt/app/report\n")),
        good_host=_DAILY,
    ),
    "C126": Page(
        "7 5 report /opt/app/report",
        "1 5 report /opt/app/report",
        "Where any day of the week or month is as good as another.",
        at="etc/anacrontab",
        host=_ANACRON,
    ),
    "C127": Page(
        "START_HOURS_RANGE=22-3\n1 5 report /opt/app/report",
        "START_HOURS_RANGE=3-22\n1 5 report /opt/app/report",
        "Where the job is not wanted any more: drop it.",
        at="etc/anacrontab",
        host=_ANACRON,
    ),
    "C128": Page(
        "0 5 * * * /opt/app/report\u200b --all",
        "0 5 * * * /opt/app/report --all",
        "Where the characters are part of a text in a language that needs them.",
    ),
    "C129": Page(
        "0 5 * * * /opt/app/report /srv/caf\udce9",
        "0 5 * * * /opt/app/report /srv/cafe",
        "Never: a task cannot be given these bytes.",
    ),
    "C130": Page(
        "0 5 * * * {{ app_dir }}/bin/report",
        "0 5 * * * /opt/app/bin/report",
        "Where a program of its own reads the marks at run time, and cron hands them on as they stand.",
    ),
    "C131": Page(
        "0 5 * * * /opt/app/report \u2013all",
        "0 5 * * * /opt/app/report --all",
        "Where the character is meant, as in the text of a message.",
    ),
    "C132": Page(
        "0 0 5 * * ? /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where the word is the name of a program after all.",
    ),
    "C133": Page(
        "0 5 * * * /opt/app/report\n0 5 * * * /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where two workers at once are meant.",
    ),
    "C134": Page(
        "0 5 * * * /opt/app/report && \\\n30 5 * * * /opt/app/mail",
        "0 5 * * * /opt/app/report && /opt/app/mail",
        "On BusyBox, which joins the lines: scan with --dialect busybox.",
    ),
    "C135": Page(
        "#Ansible: report\n0 5 * * * /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where the tool that wrote the marker is no longer in use on the host.",
    ),
}
