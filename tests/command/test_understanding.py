"""What is understood of a command, as data: wishes, findings, dependencies, verdict."""

from __future__ import annotations

import subprocess
import sys

import pytest

from converters.commands.command import Delay, Lock, Output, TimeLimit, percent_findings, read_script, twins, understand
from converters.findings.codes import CATALOGUE
from tests.command.table import rows


def codes(command: str, **options: str) -> set[str]:
    return {finding.code for finding in understand(command, **options).findings}


@pytest.mark.parametrize(
    ("command", "lock"),
    [
        ("flock -n /l x", Lock("flock", "/l", "skip")),
        ("flock -w 0 /l x", Lock("flock", "/l", "skip")),
        ("flock -w 90 /l x", Lock("flock", "/l", "wait", 90)),
        ("flock /l x", Lock("flock", "/l", "wait")),
        ("flock -sn -E 75 /l x", Lock("flock", "/l", "skip", shared=True, conflict_exit=75)),
        ("flock -n l x", Lock("flock", "/home/app/l", "skip")),
        ("cd /srv/app && flock -n tmp/l x", Lock("flock", "/srv/app/tmp/l", "skip")),
        ("setlock -n /l x", Lock("setlock", "/l", "skip", conflict_exit=111)),
        ("setlock -nx /l x", Lock("setlock", "/l", "skip", conflict_exit=0)),
        ("lockf -t 0 /l x", Lock("lockf", "/l", "skip", conflict_exit=75)),
        ("lockf -t 30 /l x", Lock("lockf", "/l", "wait", 30, conflict_exit=75)),
        ("lockrun --lockfile=/l -- x", Lock("lockrun", "/l", "skip")),
        ("lockrun -L=/l -q -- x", Lock("lockrun", "/l", "skip", conflict_exit=0)),
        ("run-one php a b", Lock("run-one", "php a b", "skip")),
        ("runlock -f /l x", Lock("runlock", "/l", "wait", 5)),
        ("pgrep -x worker > /dev/null || x", Lock("pgrep", "worker", "skip", certain=False)),
        ("( flock -n 9 || exit 3; x ) 9>/l", Lock("flock", "/l", "skip", conflict_exit=3)),
        ("x", None),
    ],
)
def test_locks(command: str, lock: Lock | None) -> None:
    assert understand(command, environment={"HOME": "/home/app"}).lock == lock


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        ("timeout 60 x", TimeLimit(60)),
        ("timeout 1.5h x", TimeLimit(5400)),
        ("timeout 2d x", TimeLimit(172800)),
        ("timeout -k 10 5m x", TimeLimit(300, kill_after=10)),
        ("timeout -s SIGINT 60 x", TimeLimit(60, signal="INT")),
        ("timeout --preserve-status 60 x", TimeLimit(60, preserve_status=True)),
        ("timeout 0 x", None),
        ("runalarm x", TimeLimit(86400, signal="KILL")),
    ],
)
def test_limits(command: str, limit: TimeLimit | None) -> None:
    assert understand(command).timeout == limit


@pytest.mark.parametrize(
    ("command", "pause"),
    [
        ("sleep 30; x", Delay("fixed", 30)),
        ("sleep 1m 30s && x", Delay("fixed", 90)),
        ("bash -c 'sleep $((RANDOM % 300)); x'", Delay("random", 299)),
        ("bash -c 'sleep $((60 + RANDOM % 300)); x'", Delay("random", 359)),
        ("bash -c 'sleep $((RANDOM % 10))m; x'", Delay("random", 540)),
        ("sleep $(shuf -i 5-60 -n 1); x", Delay("random", 60)),
        ("perl -e 'sleep int(rand(43200))' && x", Delay("random", 43200)),
        ("python3 -c 'import random; import time; time.sleep(random.random() * 3600)' && x", Delay("random", 3600)),
    ],
)
def test_pauses(command: str, pause: Delay) -> None:
    assert understand(command).delay == pause


@pytest.mark.parametrize(
    ("command", "outputs"),
    [
        ("x >> /var/log/a.log 2>&1", [Output("append", "/var/log/a.log", "both", True)]),
        ("x > /var/log/a.log", [Output("file", "/var/log/a.log", "stdout", True)]),
        ("x 2>&1 >> /var/log/a.log", [Output("append", "/var/log/a.log", "stdout", True)]),
        ("x 2>/dev/null", [Output("discard", "/dev/null", "stderr", True)]),
        (
            "x >> /a.log 2>> /b.log",
            [Output("append", "/a.log", "stdout", True), Output("append", "/b.log", "stderr", True)],
        ),
        ("x > /data/a.csv", [Output("file", "/data/a.csv", "stdout", False)]),
        ("x | logger -t app", [Output("logger", "app", "both", True)]),
        ("x | tee -a /a.log", [Output("tee", "/a.log", "both", True)]),
        ("chronic x", [Output("on failure", "", "both", True)]),
        ("x > /proc/1/fd/1 2>/proc/1/fd/2", [
            Output("file", "/proc/1/fd/1", "stdout", True), Output("file", "/proc/1/fd/2", "stderr", True)
        ]),
    ],
)  # fmt: skip
def test_outputs(command: str, outputs: list[Output]) -> None:
    assert list(understand(command).outputs) == outputs


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("flock /l x", "C410"),
        ("flock -n $L x", "C411"),
        ("timeout $L x", "C412"),
        ("x || true", "C413"),
        ("x | y", "C414"),
        ("x | y && z", "C414"),
        ("x | y || z", "C414"),
        ("x | logger", "C415"),
        ("x &", "C416"),
        ("x & y", "C416"),
        ("x & exec y", "C417"),
        ("x >> /a.log", "C420"),
        ("x > /a.csv", "C421"),
        ("x > /dev/null", "C422"),
        ("sleep 5; x", "C430"),
        ("x --day $(date +%F)", "C446"),
        ("source /x && y", "C450"),
        ("[[ -f /x ]] && y", "C450"),
        ("x &> /a.log", "C450"),
        ("bash -l -c 'x'", "C451"),
        (". /etc/env && x", "C452"),
        ("sudo -u app x", "C453"),
        ("rbenv exec x", "C454"),
        ("cd /srv/app/current && x", "C455"),
        ("bin/job", "C456"),
        ("python job.py", "C456"),
        ("php $NOT_SET", "C457"),
        ("x\r", "C458"),
        ("x 'unclosed", "C459"),
        ("pgrep -x w || x", "C460"),
        ("pgrep -f job.sh || /srv/job.sh", "C461"),
        ("[ -x /usr/sbin/anacron ] || x", "C462"),
        ('[ "$(hostname)" = a ] && x', "C462"),
        ("run-one-constantly x", "C463"),
        ("x && curl -fsS https://hc-ping.com/1", "C465"),
        ("php artisan schedule:run", "C466"),
        ("cp /mnt/a /mnt/b", "C470"),
        ("x | mail -s a root", "C471"),
        ("mysql -h 127.0.0.1 a", "C472"),
        ("ssh host x", "C473"),
        ("x; sudo y", "C474"),
        ("systemctl restart nginx", "C475"),
        ("docker restart a", "C476"),
        ("x /var/lib/a/b", "C477"),
        ("run-parts /etc/cron.daily", "C478"),
        ("logrotate /etc/logrotate.conf", "C479"),
    ],
)
def test_findings(command: str, code: str) -> None:
    assert code in codes(command)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("flock -n /l x", "C410"),
        ("flock -n /l x", "C411"),
        ("bash -c 'x | y'", "C450"),
        ("bash -c '[[ -f /x ]] && y'", "C450"),
        ("bash -o pipefail -c 'x | y'", "C414"),
        ("cd /srv && bin/job", "C456"),
        ("cd /srv/app && cp /srv/app/a /srv/app/b", "C470"),
        ("curl https://localhost.example.com/", "C475"),
        ("echo 'systemctl restart'", "C475"),
        ("/usr/bin/php /dev/null", "C470"),
        ("php x", "C457"),
        ('while read -r a b; do x "$a" "$b"; done < /f', "C457"),
        ("getopts x: o && y $o $OPTARG", "C457"),
        ("printf -v d %s x; y $d", "C457"),
        ("ps ax | grep -q foo && x", "C414"),
    ],
)
def test_no_finding_without_a_reason(command: str, code: str) -> None:
    assert code not in codes(command)


def test_every_finding_is_in_the_catalogue() -> None:
    found = {finding.code for row in rows() for finding in understand(row.command).findings}
    assert found <= set(CATALOGUE)
    assert len(found) > 25


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("cd /srv/app && flock -n /l php job.php >> log/a.log 2>&1", "portable"),
        ("php job.php | mail root", "needs work"),
        ("php job.php || true", "needs work"),
        ("systemctl restart nginx", "keep on a host"),
        ("cd /srv && docker restart a", "keep on a host"),
        ("docker run --privileged a b", "keep on a host"),
        ("docker run --link db a b", "needs work"),
        ("docker run a b", "portable"),
    ],
)
def test_verdict(command: str, verdict: str) -> None:
    job = understand(command)
    assert job.verdict == verdict
    assert bool(job.reasons) == (verdict != "portable")


@pytest.mark.parametrize(
    ("command", "reads"),
    [
        ("php $HOME/x", ("HOME",)),
        ("php ~/x", ("HOME",)),
        ("php '$HOME'", ()),
        ("for f in a; do php $f; done", ()),
        ("A=1; php $A ${B}", ("B",)),
        ("php --day=$(date +%F)", ("TZ",)),
        ("php x", ()),
    ],
)
def test_variables_that_are_read(command: str, reads: tuple[str, ...]) -> None:
    assert understand(command).reads == reads


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("cd /a && bundle exec rails runner 'A.b'", "rails runner"),
        ("bundle exec bin/rails runner -e production 'A.b'", "rails runner"),
        ("bundle exec rake a:b", "rake"),
        ("bin/rails db:cleanup", "rake"),
        ("/usr/bin/php /a/artisan schedule:run", "artisan schedule:run"),
        ("php artisan a:b", "artisan"),
        ("python /a/manage.py x", "django"),
        ("php bin/console x", "symfony"),
        ("wp --path=/a cron event run --due-now", "wp-cron"),
        ("wp post list", "wp-cli"),
        ("bin/magento cron:run", "magento cron:run"),
        ("java -Xmx1g -jar a.jar", "java"),
        ("node a.js", "node"),
        ("run-parts /etc/cron.daily", "run-parts"),
        ("/a/backup.sh", None),
    ],
)
def test_frameworks(command: str, name: str | None) -> None:
    assert understand(command).framework == name


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("lock", "flock -n /l x"),
        ("lock", "( flock -n 9 || exit 1; x ) 9>/l"),
        ("lock", "pgrep -x w || x"),
        ("timeout", "timeout 60 x"),
        ("delay", "sleep 30; x"),
        ("date guard", "[ $(date +%u) = 1 ] && x"),
        ("output", "x >> /a.log 2>&1"),
        ("output", "x | logger"),
        ("user", "sudo -u app x"),
        ("environment", "A=1 x"),
        ("environment", "export A=1; x"),
        ("directory", "cd /srv && x"),
        ("shell", "sh -c 'x'"),
        ("runtime", "rbenv exec x"),
        ("background", "x &"),
    ],
)
def test_a_kind_can_stay_in_the_text(kind: str, command: str) -> None:
    assert understand(command).wrappers
    kept = understand(command, keep=[kind])
    assert kept.remaining == command
    assert not kept.wrappers


def test_the_shell_of_the_crontab_is_used() -> None:
    assert understand("a; b", shell="/bin/bash").command == ("/bin/bash", "-c", "a; b")
    assert understand("bash -ec 'a; b'").command == ("bash", "-e", "-c", "a; b")
    assert understand("flock -n /l -c 'a; b'", shell="/bin/bash").command == ("/bin/bash", "-c", "a; b")
    assert understand("(flock -n 200 || exit 1; a) 200>/l", shell="/bin/bash").lock is not None


def test_known_variables_are_used_where_they_are_plain() -> None:
    known = {"APP": "/srv/app", "ODD": "/srv/a b"}
    assert understand("cd $APP && x", environment=known).working_directory == "/srv/app"
    assert understand("cd $ODD && x", environment=known).working_directory is None
    assert understand('cd "$ODD" && x', environment=known).working_directory == "/srv/a b"
    assert understand('sh -c "cd $APP && x"', environment=known).working_directory == "/srv/app"
    assert understand('sh -c "cd $ODD && x"', environment=known).working_directory is None


def test_another_user_has_another_home() -> None:
    known = {"HOME": "/home/app"}
    assert understand("su - web -c 'cd ~/x && y'", environment=known).working_directory is None
    assert understand("cd /srv && su - web -c y", environment=known).working_directory is None
    assert understand("cd /srv && sudo -u web y", environment=known).working_directory == "/srv"


def test_twins() -> None:
    minute = "* * * * *"
    jobs = [
        (minute, None, "php a"),
        (minute, None, "sleep 30; php a"),
        ("*  * * * *", None, "( sleep 15 ; php a )"),
        (minute, None, "sleep 45 && php b"),
        (minute, "www", "sleep 20; php a"),
        (minute, None, "sleep 5; php c"),
        (minute, None, "sleep 35; php c"),
        ("0 * * * *", None, "sleep 10; php a"),
    ]
    groups = twins(jobs)
    assert [(group.lines, group.offsets, group.command) for group in groups] == [
        ((0, 2, 1), (0, 15, 30), "php a"),
        ((5, 6), (5, 35), "php c"),
    ]
    assert groups[1].finding().message == "2 lines start `php c` at the seconds 5, 35: one job, within the minute."


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("date +%d", "C444"),
        ("touch /tmp/$(date +%F)", "C444"),
        ('[ "$(date +%u)" = 1 ] && x', "C444"),
        ("x `date +%u`", "C444"),
        ("bash -c 'sleep $((RANDOM % 30))'", "C444"),
        ("mail x%Hi%there", "C445"),
        ("php x%", "C445"),
        (r"date +\%d", None),
        (r"printf '100\%'", None),
        ("php x", None),
        (r"a \\% b", "C445"),
    ],
)
def test_percent(raw: str, code: str | None) -> None:
    assert [finding.code for finding in percent_findings(raw)] == ([code] if code else [])


@pytest.mark.parametrize(
    "cut",
    [
        "echo '",
        'echo "',
        "echo $(",
        "echo `",
        "echo $((",
        "echo ${a",
        "echo 'a' \"b\"",
        "echo a",
        'echo "$(x)"',
        "echo \\'",
        "echo # '",
    ],
)
def test_a_shell_refuses_what_is_called_cut(cut: str) -> None:
    refused = subprocess.run(["sh", "-n", "-c", cut], capture_output=True, check=False).returncode != 0
    said = any("refuses" in finding.message for finding in percent_findings(cut + "%x"))
    assert said == refused


def test_scripts_are_read() -> None:
    text = """#!/bin/bash
# systemctl in a comment does not count
[ "${FLOCKER}" != "$0" ] && exec env FLOCKER="$0" flock -en "$0" "$0" "$@" || :
mysqldump -h localhost app > /var/backups/app.sql
cat <<END
END
ssh backup@host true | mail -s done root
"""
    script = read_script(text, "/opt/backup.sh")
    assert script.lock == Lock("flock", "/opt/backup.sh", "skip")
    kinds = {dependency.kind for dependency in script.dependencies}
    assert {"local service", "state", "ssh", "mail"} <= kinds
    assert "service" not in kinds
    other = read_script("#!/bin/sh\nexec 9>/var/lock/a\nflock -w 5 9 || exit\nphp a\n", "/a.sh")
    assert other.lock == Lock("flock", "/var/lock/a", "wait", 5.0)
    assert read_script("#!/usr/bin/python3\nimport os\nopen('/mnt/data/x')\n", "/a.py").lock is None


def test_the_text_of_wrappers_is_that_of_the_command() -> None:
    job = understand("cd /srv && flock -n /l sh -c 'php a' >> /a.log 2>&1")
    assert [wrapper.text for wrapper in job.wrappers] == ["cd /srv &&", ">> /a.log 2>&1", "flock -n /l", "sh -c"]
    assert job.quoted == ("'php a'",)
    assert job.remaining == "php a"


def test_importing_is_cheap_until_a_command_is_read() -> None:
    script = "import sys, converters.commands.command; print('tree_sitter' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
