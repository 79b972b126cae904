"""Pages of what a command needs of its host: C470 to C499."""

from __future__ import annotations

from converters.findings.pages.page import Image, Page, told

_REPORT = "0 5 * * * /opt/app/report"
_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n")
_SYSTEM = "etc/crontab"
_SPOOL = "var/spool/cron/crontabs/deploy"
_HOLDS = Image((("opt/app/report", "#!/bin/sh\ntrue\n"),))

PAGES = {
    "C470": told(
        "A path of the host stands in the command. The report and the review show all of them as one list of "
        "what the image must hold (C494).",
        "Where the image holds the path.",
    ),
    "C471": Page(
        "0 5 * * * /opt/app/report | mail -s Report ops@example.com",
        _REPORT,
        "Where the image has a mail program that is told of a server.",
    ),
    "C472": Page(
        "0 5 * * * curl -fsS http://localhost:9200/_snapshot/nightly",
        "0 5 * * * curl -fsS https://search.example.com/_snapshot/nightly",
        "Never for a database or a service of the host; where a sidecar of the same task answers, say so.",
    ),
    "C473": Page(
        "0 5 * * * ssh deploy@db.example.com /opt/app/report",
        _REPORT,
        "Where keys and known hosts come into the task as secrets.",
    ),
    "C474": Page(
        "0 5 * * * cd /opt/app && sudo bin/clean && bin/report",
        "0 5 * * * cd /opt/app && bin/clean && bin/report",
        "Where the image has sudo and its rules.",
    ),
    "C475": Page(
        "0 5 * * * systemctl restart app",
        _REPORT,
        "Where the job stays on the host: answer keep.",
    ),
    "C476": Page(
        "0 5 * * * docker start report",
        "0 5 * * * docker run --rm registry.example.com/app:1 report",
        "Where the job stays on the host.",
    ),
    "C477": Page(
        "0 5 * * * logrotate /etc/logrotate.conf",
        _REPORT,
        "Where the logs are gone with the host: drop the job.",
    ),
    "C478": Page(
        "0 5 * * * periodic daily",
        _REPORT,
        "Where the jobs of that directory were read and stand on their own.",
    ),
    "C479": Page(
        "0 5 * * * apt-get -y upgrade",
        _REPORT,
        "Where the name of a program only sounds like care of the host: take it.",
    ),
    "C480": Page(
        "0 5 * * * mysql -h db.example.com -u app -pk7Wq2xZr9 app -e 'call close_day()'",
        "0 5 * * * mysql -h db.example.com app -e 'call close_day()'",
        "Where what looks like a secret is none, as a name that everybody knows.",
    ),
    "C481": Page(
        "0 5 * * * passwd --stdin deploy%k7Wq2xZr9vB",
        "0 5 * * * /opt/app/rotate deploy",
        "Where what looks like a secret is none.",
    ),
    "C482": Page(
        "0 5 * * * root /usr/bin/munin-cron",
        "0 5 * * * root /opt/app/report",
        "Where the host goes and what takes the job's place is there.",
        at="etc/cron.d/munin",
        good_at="etc/cron.d/app",
        host=(
            _PASSWD,
            (
                "var/lib/dpkg/status",
                "Package: munin\nStatus: deinstall ok config-files\nConffiles:\n /etc/cron.d/munin 0\n",
            ),
        ),
    ),
    "C483": Page(
        "0 5 * * * /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where the image is built from what the host has.",
        at=_SPOOL,
        host=(_PASSWD, ("opt/app/report", "#!/bin/sh\ncurl -fsS http://localhost:8080/report\n")),
        good_host=(_PASSWD, ("opt/app/report", "#!/bin/sh\ntrue\n")),
    ),
    "C484": Page(
        "0 5 * * * /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Always: ecs.yml has the lock.",
        at=_SPOOL,
        host=(_PASSWD, ("opt/app/report", "#!/bin/sh\nexec 9>/var/lock/report\nflock -n 9 || exit 0\n/opt/app/run\n")),
        good_host=(_PASSWD, ("opt/app/report", "#!/bin/sh\n/opt/app/run\n")),
    ),
    "C485": Page(
        "0 5 * * * find /srv/app/uploads -mtime +30 -delete",
        "0 5 * * * aws s3 rm --recursive s3://uploads/old/",
        "Where the same data are mounted in the task; never without having looked.",
    ),
    "C486": Page(
        "0 5 * * * gzip /srv/app/day.csv",
        "0 5 * * * aws s3 cp s3://days/day.csv - | gzip | aws s3 cp - s3://days/day.csv.gz",
        "Where the image or EFS has the data under the same path.",
    ),
    "C487": Page(
        _REPORT,
        _REPORT,
        "Where the command makes the file itself before it needs it.",
        zone="UTC",
        image=Image(),
        good_image=_HOLDS,
    ),
    "C488": Page(
        "0 5 * * * diff /opt/app/a /opt/app/b",
        _REPORT,
        "Where such an end is a failure to you.",
    ),
    "C489": Page(
        "0 5 * * * curl -fsS http://192.168.1.20/report",
        "0 5 * * * curl -fsS https://report.example.com/",
        "Where the task's subnets reach that network.",
    ),
    "C490": Page(
        "0 5 * * * curl -fsS http://169.254.169.254/latest/meta-data/instance-id",
        _REPORT,
        "Where the answer is not needed, as in a line of a log.",
    ),
    "C491": Page(
        "0 5 * * * docker exec -it app bin/report",
        "0 5 * * * docker exec app bin/report",
        "Where the program goes on without a terminal.",
    ),
    "C492": Page(
        "0 5 * * * curl -fsS https://app.example.com/cron",
        "0 5 * * * curl -fsS https://app.example.com/cron",
        "Where the program brings certificates of its own.",
        image=Image((("usr/bin/curl", "ELF"),)),
        good_image=Image((("usr/bin/curl", "ELF"), ("etc/ssl/certs/ca-certificates.crt", "x"))),
    ),
    "C493": Page(
        "0 5 * * * /usr/bin/nightwatch",
        "0 5 * * * php /opt/app/nightly.php",
        "Where you know the program: answer once in the review.",
    ),
    "C494": Page(
        _REPORT,
        _REPORT,
        "Where the image is known to hold it. Your word is kept as such, and is no proof.",
        good_image=_HOLDS,
    ),
    "C495": Page(
        "0 5 * * * nohup /opt/app/report &",
        _REPORT,
        "Where the work comes to an end by itself.",
    ),
    "C496": Page(
        _REPORT,
        _REPORT,
        "Where the entry script does what the job asks with such arguments.",
        image=Image(_HOLDS.files, (("Entrypoint", "/opt/app/report"),)),
        good_image=_HOLDS,
    ),
    "C497": Page(
        f"SHELL=/usr/sbin/nologin\n{_REPORT}",
        _REPORT,
        "Where the job is meant to stay off: drop it.",
    ),
    "C498": Page(
        "APP=$HOME/app\n0 5 * * * $APP/report",
        "APP=/opt/app\n0 5 * * * $APP/report",
        "Where the text itself is meant.",
    ),
    "C499": Page(
        _REPORT,
        _REPORT,
        "Never: the program ends with `exec format error`.",
        image=Image(_HOLDS.files, (), "arm64"),
        good_image=_HOLDS,
    ),
}
