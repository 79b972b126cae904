"""Pages of what lies around a command: mail, locks, wrappers, output, users, ends: C404 to C439."""

from __future__ import annotations

from converters.findings.pages.page import Image, Page, told

_REPORT = "0 5 * * * /opt/app/report"
_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n")
_OWNED = "0 5 * * * deploy /opt/app/report"
_SYSTEM = "etc/crontab"

PAGES = {
    "C404": Page(
        f"MAILTO=ops@example.com\n{_REPORT}",
        f'MAILTO=""\n{_REPORT}',
        "Where who was mailed wants to hear of failures only, as proposed.",
    ),
    "C408": Page(
        f"MAILTO=deploy\n{_REPORT}",
        f"MAILTO=ops@example.com\n{_REPORT}",
        "Where nobody has read that mailbox for years.",
    ),
    "C409": Page(
        "0 5 * * * curl -fsS https://app.example.com/cron?job=sync&full=1",
        "0 5 * * * curl -fsS 'https://app.example.com/cron?job=sync&full=1'",
        "Where the server needs no more than the first part, as it has always got.",
    ),
    "C410": Page(
        "*/5 * * * * /usr/bin/flock /tmp/poll.lock /opt/app/poll",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Where each run must be made, however late; then answer so in the review.",
    ),
    "C411": Page(
        "*/5 * * * * ln -s $$ /tmp/poll.lock || exit 0; /opt/app/poll; rm /tmp/poll.lock",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "Where two runs at once do no harm.",
    ),
    "C412": Page(
        '0 5 * * * su deploy "/opt/app/report"',
        "0 5 * * * su deploy -c /opt/app/report",
        "Where the image has the tool and it is still wanted there.",
    ),
    "C413": Page(
        "0 5 * * * /opt/app/report || true",
        _REPORT,
        "Where a failure of the job is nobody's concern.",
    ),
    "C414": Page(
        "0 5 * * * /opt/app/list | sort",
        "0 5 * * * /opt/app/list --sorted",
        "Where the last command of the pipe fails when it gets nothing.",
    ),
    "C415": Page(
        "0 5 * * * /opt/app/report | logger -t report",
        _REPORT,
        "Always, once who is told of failures knows that there may be more of them now.",
    ),
    "C416": Page(
        "0 5 * * * /opt/app/report &",
        _REPORT,
        "Always: the task waits for what cron did not.",
    ),
    "C417": Page(
        "0 5 * * * nq /opt/app/report",
        _REPORT,
        "Where the work goes to a queue on another machine.",
    ),
    "C418": Page(
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock /opt/app/poll",
        "*/5 * * * * /usr/bin/flock -n /tmp/poll.lock timeout 240 /opt/app/poll",
        "Where a lease of a day is no harm: the job runs once a day or less.",
    ),
    "C419": Page(
        "PATH=/opt/app/bin:/usr/bin:/bin\n0 5 * * * report",
        _REPORT,
        "Where the image has the programs in the same directories.",
    ),
    "C420": Page(
        "0 5 * * * /opt/app/report >> /var/log/report.log 2>&1",
        _REPORT,
        "Where nothing else reads that log.",
    ),
    "C421": Page(
        "0 5 * * * /opt/app/report > /srv/out/report.csv",
        "0 5 * * * /opt/app/report | aws s3 cp - s3://reports/report.csv",
        "Where only the same run reads the file again.",
    ),
    "C422": Page(
        "0 5 * * * /opt/app/report > /dev/null 2>&1",
        _REPORT,
        "Unless the output is so much that its storage costs.",
    ),
    "C423": Page(
        "0 5 * * * stdbuf -oL /opt/app/report",
        _REPORT,
        "Where the program writes its lines at once anyway.",
    ),
    "C424": Page(
        f"SHELL=/bin/rbash\n{_REPORT}",
        f"SHELL=/bin/bash\n{_REPORT}",
        "Where the job names its programs by their whole paths and asks nothing of the shell.",
    ),
    "C425": Page(
        _OWNED,
        "0 5 * * * root /opt/app/report",
        "Where the image's own USER is the right one.",
        at=_SYSTEM,
        host=(_PASSWD,),
    ),
    "C426": Page(
        _OWNED,
        "0 5 * * * root /opt/app/report",
        "Never: the task would end before it begins.",
        at=_SYSTEM,
        host=(_PASSWD,),
        image=Image((("opt/app/report", "#!/bin/sh\ntrue\n"),)),
        good_image=Image((("opt/app/report", "#!/bin/sh\ntrue\n"),)),
    ),
    "C427": Page(
        _OWNED,
        _OWNED,
        "Where the job reads none of these variables.",
        at=_SYSTEM,
        host=(_PASSWD, ("etc/environment", "APP_REGION=eu\n"), ("etc/pam.d/cron", "session required pam_env.so\n")),
        good_host=(_PASSWD,),
    ),
    "C428": Page(
        "0 5 * * * deploy /opt/app/report < /mnt/nas/in.csv",
        "0 5 * * * deploy /opt/app/report",
        "Where the same file system is mounted in the task by `volumes`.",
        at=_SYSTEM,
        host=(_PASSWD, ("etc/fstab", "nas:/export /mnt/nas nfs4 defaults 0 0\n")),
    ),
    "C429": told(
        "The image that was read needs more than the 20 GiB of a task's disk, packed and unpacked. "
        "`ephemeralStorage` in ecs.yml, or a smaller image, ends it.",
        "Never: the pull would fail.",
    ),
    "C430": Page(
        "0 5 * * * sleep 60; /opt/app/report",
        "1 5 * * * /opt/app/report",
        "Where the pause is short and its cost is none.",
    ),
    "C431": Page(
        "0 5 * * * sleep $(($RANDOM \\% 600)) && /opt/app/report",
        _REPORT,
        "Never: it decides whether a job runs that never did.",
    ),
    "C432": Page(
        "0 5 * * * sleep $((RANDOM \\% 600)); /opt/app/report",
        _REPORT,
        "Where the spread was never needed.",
    ),
    "C433": Page(
        "0 5 * * * /opt/app/fetch; /opt/app/report",
        "0 5 * * * /opt/app/fetch && /opt/app/report",
        "Where the later command does what is needed when the earlier one failed.",
    ),
    "C434": Page(
        "0 5 * * * [ -f /srv/app/ready ] && /opt/app/report",
        "0 5 * * * if [ -f /srv/app/ready ]; then /opt/app/report; fi",
        "Always: ecs.yml has the text that ends well.",
    ),
    "C435": Page(
        "0 5 * * * /opt/app/export > /tmp/day.csv\n0 6 * * * /opt/app/load < /tmp/day.csv",
        "0 5 * * * /opt/app/export > /tmp/day.csv && /opt/app/load < /tmp/day.csv",
        "Where the file lies on EFS that both tasks mount.",
    ),
    "C436": told(
        "A file that the job reads belongs to a group, and the user is in that group by /etc/group of the host. "
        "The number of the group in `user` (`user: 1000:1005`) ends it.",
        "Where the image has the file with rights of its own.",
    ),
    "C437": Page(
        "0 5 * * * wget -q https://app.example.com/cron.php",
        "0 5 * * * wget -q -O /dev/null https://app.example.com/cron.php",
        "Where the file is not wanted and the user may write where the job starts.",
    ),
    "C438": Page(
        "0 5 * * * set -a; . /opt/app/app.env; /opt/app/report",
        "0 5 * * * /opt/app/report",
        "Where the variables stand in ecs.yml or the image, and not in a file on S3.",
        at="var/spool/cron/crontabs/deploy",
        host=(_PASSWD, ("opt/app/app.env", 'export REGION="eu"\n')),
    ),
    "C439": Page(
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        "0 5 * * * aws s3 sync s3://a s3://b",
        "0 5 * * * aws s3 sync s3://a s3://b",
        "Where the keys are of another account, whose roles this task cannot take on.",
    ),
}
