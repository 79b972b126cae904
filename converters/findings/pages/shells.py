"""Pages of what a command's text says to its shell: C440 to C469."""

from __future__ import annotations

from converters.findings.pages.page import Files, Page, told

_REPORT = "0 5 * * * /opt/app/report"
_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n")
_HOST: Files = (_PASSWD, ("usr/bin/env", "#!/bin/sh\n"), ("opt/app/report", "#!/bin/sh\ntrue\n"))
_SYSTEM = "etc/crontab"

PAGES = {
    "C440": Page(
        '0 5 1-7 * * [ "$(date +\\%u)" = 1 ] && /opt/app/report',
        "0 5 * * 1 /opt/app/report",
        "Always: the runs are the same.",
    ),
    "C441": Page(
        '0 5 * * * /opt/app/stop; [ "$(date +\\%w)" -eq 0 ] && /opt/app/report; /opt/app/start',
        "0 5 * * 0 /opt/app/report",
        "Where the image has tzdata and TZ is set.",
    ),
    "C442": Page(
        '0 5 * * * [ "$(date +\\%d)" = 32 ] && /opt/app/report',
        '0 5 * * * [ "$(date +\\%d)" = 31 ] && /opt/app/report',
        "Where the test was written to switch the job off: drop it.",
    ),
    "C443": Page(
        "0 5 * * * [ $(( $(date +\\%d) )) -eq 8 ] && /opt/app/report",
        "0 5 8 * * /opt/app/report",
        "Where the dates 8 and 9 are not wanted anyway.",
    ),
    "C444": Page(
        '0 5 * * * /opt/app/report --day "$(date +%F)"',
        '0 5 * * * /opt/app/report --day "$(date +\\%F)"',
        "Never: the command that runs is not the one that stands there.",
    ),
    "C445": Page(
        "0 5 * * * /opt/app/import%one%two",
        "0 5 * * * /opt/app/import one two",
        "Where the text is meant as input: it is passed on.",
    ),
    "C446": told(
        "The command asks for the date and no zone is known for it. `scan` gives each job the TZ of its host and "
        "says so as C448; a TZ in ecs.yml that was taken away brings it back.",
        "Where the day by UTC is as good.",
    ),
    "C447": Page(
        "0 5 * * * /opt/app/report $(date -v-1d +\\%F)",
        "0 5 * * * /opt/app/report $(date -d yesterday +\\%F)",
        "Where the image's own `date` takes the option.",
    ),
    "C448": Page(
        "0 5 * * * /opt/app/report $(date +\\%F)",
        "0 5 * * * /opt/app/report --yesterday",
        "Where the image has zone data: `TZ=Asia/Tokyo date` in it says so.",
    ),
    "C449": Page(
        "0 5 * * * /opt/app/report --from $(hostname)",
        "0 5 * * * /opt/app/report --from web1",
        "Where any name will do, as in a line of a log.",
    ),
    "C450": Page(
        "0 5 * * * [[ -f /opt/app/on ]] && /opt/app/report",
        "SHELL=/bin/bash\n0 5 * * * [[ -f /opt/app/on ]] && /opt/app/report",
        "Where /bin/sh of the host is bash: scan its tree, or with --dialect cronie.",
    ),
    "C451": Page(
        "0 5 * * * /bin/bash -lc /opt/app/report",
        _REPORT,
        "Where the image sets what the profile files did.",
    ),
    "C452": Page(
        "0 5 * * * . /opt/app/env.sh; /opt/app/report",
        _REPORT,
        "Where the image holds the file.",
    ),
    "C453": Page(
        "0 5 * * * sudo -u deploy /opt/app/report",
        _REPORT,
        "Where the image has the user and the job reads no variable that sudo took away.",
    ),
    "C454": Page(
        "0 5 * * * /home/deploy/.rbenv/bin/rbenv exec ruby /opt/app/report.rb",
        "0 5 * * * ruby /opt/app/report.rb",
        "Where the image has the version that the host used.",
    ),
    "C455": Page(
        "0 5 * * * cd /srv/app/current && bin/report",
        _REPORT,
        "Where `workingDirectory` in ecs.yml is the image's own place of the program.",
    ),
    "C456": Page(
        "0 5 * * * ~/bin/report",
        _REPORT,
        "Where the image has the program below the home of its user.",
    ),
    "C457": Page(
        "0 5 * * * /opt/app/report --region $REGION",
        "REGION=eu\n0 5 * * * /opt/app/report --region $REGION",
        "Where the image or ecs.yml sets the variable.",
    ),
    "C458": Page(
        "0 5 * * * /opt/app/report --all\r",
        "0 5 * * * /opt/app/report --all",
        "Where the last word is one that may end with anything.",
    ),
    "C459": Page(
        "0 5 * * * /opt/app/report --title 'The day",
        "0 5 * * * /opt/app/report --title 'The day'",
        "Where the line is not wanted any more: drop it.",
    ),
    "C460": Page(
        "*/5 * * * * pgrep -x poll || /opt/app/poll",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Where the lock that took its place is what was meant.",
    ),
    "C461": Page(
        "*/5 * * * * pgrep -f /opt/app/poll || /opt/app/poll",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Never: it decides whether a job runs that never did.",
    ),
    "C462": Page(
        "0 5 * * * [ -x /opt/app/report ] && /opt/app/report",
        _REPORT,
        "Where the test is true in the image too.",
    ),
    "C463": Page(
        "0 5 * * * cd /opt/app && php artisan queue:work",
        "0 5 * * * cd /opt/app && php artisan queue:work --stop-when-empty",
        "Where the program ends by itself after all.",
    ),
    "C464": told(
        "`* * * * * X` and `* * * * * sleep 30; X` stand in one table. The report shows such lines together, as "
        "one job within the minute.",
        "Where once a minute is enough: drop the other line.",
    ),
    "C465": Page(
        "0 5 * * * /opt/app/report && curl -fsS https://hc-ping.com/1b2c3d4e-0000-4000-8000-000000000001",
        _REPORT,
        "Where the monitor waits some minutes before it tells.",
    ),
    "C466": Page(
        "* * * * * cd /opt/app && php artisan schedule:run",
        "0 5 * * * cd /opt/app && php artisan report:send",
        "Where a task each minute is what you want to pay for.",
    ),
    "C467": Page(
        "0 5 * * * root [ -x /opt/app/report ] && /opt/app/report",
        "0 5 * * * root /opt/app/report",
        "Always: the host's own files answered the test.",
        at=_SYSTEM,
        host=_HOST,
    ),
    "C468": Page(
        "0 5 * * * root [ -x /opt/app/gone ] && /opt/app/gone",
        "0 5 * * * root [ -x /opt/app/report ] && /opt/app/report",
        "Where the job is meant to stay off: drop it.",
        at=_SYSTEM,
        host=_HOST,
    ),
    "C469": Page(
        "0 5 * * * nobody-here /opt/app/report",
        "0 5 * * * deploy /opt/app/report",
        "Where the user comes from a directory service that the tree does not hold.",
        at=_SYSTEM,
        host=_HOST,
    ),
}
