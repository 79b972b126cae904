"""What is left in the background: waited for where a shell can, told where nothing can be done."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.commands.skipping import skips_succeed
from converters.commands.waiting import waits_for_all
from converters.worlds.answer import Worlds
from converters.worlds.fates import effect_of
from converters.worlds.jobs import Read, needs_of_job


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a & b &", "a & b & wait"),
        ("a & b & c &", "a & b & c & wait"),
        ("a & b", "a & b; s=$?; wait; exit $s"),
        ("cd /x; a & b &", "cd /x; a & b & wait"),
        ("a & b && c", "a & b && c; s=$?; wait; exit $s"),
        ("a > f & b > g &", "a > f & b > g & wait"),
        ("a | b & c | d &", "a | b & c | d & wait"),
        ("{ a; b; } & c", "{ a; b; } & c; s=$?; wait; exit $s"),
        ("wait; a &", "wait; a &"),  # who waits by hand knows for what
        ("a & b & wait", "a & b & wait"),
        ("a & p=$!; b; wait $p", "a & p=$!; b; wait $p"),
        ("a & exec b", "a & exec b"),
        ("a & b || exit 1", "a & b || exit 1"),
        ("trap x TERM; a & b", "trap x TERM; a & b"),
        ("a && b", "a && b"),
        ("a > f 2>&1", "a > f 2>&1"),
        ("(a &); b", "(a &); b"),
        ("echo 'a & b &'", "echo 'a & b &'"),
        ("a & b & # two", "a & b & # two"),
    ],
)
def test_a_text_waits_for_what_it_leaves(text: str, written: str) -> None:
    assert waits_for_all(text) == written


WAITED = [("J f & J g &", 0), ("J f & false", 1), ("J f & sh -c 'exit 7'", 7), ("J f & J g & wait", 0)]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]])
@pytest.mark.parametrize(("text", "status"), WAITED)
def test_as_process_1_everything_is_done(text: str, status: int, shell: list[str], tmp_path: Path) -> None:
    """As process 1 of a namespace: without ``wait`` the kernel kills what is left when the shell ends."""
    if shutil.which(shell[0]) is None:
        pytest.skip(f"needs {shell[0]}")
    job = tmp_path / "J"
    job.write_text("#!/bin/sh\nsleep 0.1\necho done > $1\n", encoding="utf-8")
    job.chmod(0o755)
    written = waits_for_all(text.replace("J ", "./J "))
    done = subprocess.run(
        ["unshare", "-r", "-p", "-f", "--", *shell, "-c", written],
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
        check=False,
    )
    if b"unshare" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.returncode == status
    assert (tmp_path / "f").read_text() == "done\n"
    assert "J g" not in text or (tmp_path / "g").exists()


def codes(text: str, script: str | None = None) -> set[str]:
    """All that is said of a command, by its text, its needs, and the script it starts."""
    found = understand(text)
    scripts = [Read("/srv/s.sh", script)] if script is not None else []
    effect = effect_of(needs_of_job(found, {}, scripts), Worlds())
    return {finding.code for finding in (*found.findings, *effect.findings)}


LEAVES = """\
nohup x &|nohup x > /dev/null 2>&1 &|cd /srv && nohup ./x &|setsid x|setsid x &|setsid -f x|setsid --fork x|nohup setsid x &
/srv/x --daemon|/srv/x --daemonize|/srv/x --detach|/srv/x --background|/srv/x --daemon=yes|/srv/x -d|/srv/x start -d
/srv/x -d -p 80|python3 x.py --daemon|php x.php -d|ruby x.rb --daemonize|./x.sh --background
memcached -d|mosquitto -d|openvpn --daemon x
svnserve -d|git daemon --detach|rsync --daemon|fetchmail -d 300|unicorn -D|unicorn_rails -D|gunicorn -D app|thin -d start
rails s -d|rails server --daemon|bundle exec sidekiq -d
celery multi start w|celery worker --detach|bin/delayed_job start
redis-server --daemonize yes|haproxy -D -f x|mongod --fork|spamd -d|screen -dmS x y|screen -d -m y|tmux new -d x
tmux new-session -d -s j x|tmux new-session -ds j x|dtach -n /tmp/s x|ssh -f h x|ssh -fN h|autossh -f h
start-stop-daemon -S -b -x /y|start-stop-daemon --start --background --exec /y|daemonize /x|daemon x|systemd-run x
docker run -d i|docker compose up -d|pm2 start x|forever start x|supervisorctl start x|at now|batch|echo x | at 10:00
vncserver|nginx|php-fpm|apachectl start|crond|atd|supervisord|dnsmasq|pg_ctl start|twistd x|aria2c -D x|wget -b http://h/x
(x &); y|x & disown|sh -c 'x & exec y'|if true; then x & fi|sudo -b x|Xvfb :1 & exec y"""


def leaving() -> list[str]:
    joined = LEAVES.replace(" | at ", " \0 at ").replace("\n", "|")
    return [text.replace("\0", "|") for text in joined.split("|")]


@pytest.mark.parametrize("text", leaving())
def test_what_leaves_is_never_green(text: str) -> None:
    told = codes(text)
    assert told & {"C417", "C495", "C463", "C475", "C476", "C479", "C478"}, told


@pytest.mark.parametrize(
    "text",
    [
        "systemd-run --wait x",
        "nginx -t",
        "sshd -D",
        "cron -f",
        "supervisord -n",
        "/srv/x -d 5",
        "/srv/x -d2026-01-01",
        "/srv/x --date x",
        "git checkout --detach",
        "curl -d a=b http://h/",
        "find /srv -d -name x",
        "date -d yesterday",
        "cut -d: -f1",
        "nohup x",
        "a & b & wait",
        "x &",
        "(x &)",
        "{ x & }",
    ],
)
def test_what_stays_is_not_told_to_leave(text: str) -> None:
    assert not codes(text) & {"C417", "C495"}


@pytest.mark.parametrize(
    ("script", "leaves"),
    [
        ("#!/bin/sh\ncd /srv\n./worker &\n", True),
        ("#!/bin/sh\nnohup ./worker > l 2>&1 &\n", True),
        ("#!/bin/sh\nif [ -f x ]; then\n  ./worker &\nfi\n", True),
        ("#!/bin/sh\nscreen -dmS w ./worker\n", True),
        ("#!/bin/sh\n./a &\n./b &\nwait\n", False),
        ("#!/bin/sh\n./a\n", False),
    ],
)
def test_a_script_whose_last_act_is_to_leave(script: str, leaves: bool) -> None:
    assert ("C417" in codes("/srv/s.sh", script)) == leaves


def test_a_skip_beside_a_background_job_is_no_failure() -> None:
    assert waits_for_all(skips_succeed("a & [ -f x ] && b")) == "a & if [ -f x ]; then b; fi; s=$?; wait; exit $s"


def test_what_waits_is_still_the_shell_s_own_grammar() -> None:
    """Whatever stands beside it: dash reads the text that is written."""
    if shutil.which("dash") is None:
        pytest.skip("needs dash")
    parts = [
        "a > f 2>&1",
        "a | b",
        "{ a; b; }",
        "( a; b )",
        "if a; then b; fi",
        "a || b",
        "! a",
        "for i in 1; do a; done",
    ]
    parts += ["a 'x &'", "a $(b & c)", "cat <<E\nx\nE\n", "case x in y) a;; esac", "f() { a; }"]
    for first, second in itertools.product(parts, parts):
        for text in (f"{first} & {second}", f"{first} & {second} &", f"{first}; {second} &\n"):
            if subprocess.run(["dash", "-n", "-c", text], capture_output=True, check=False).returncode == 0:
                written = waits_for_all(text)
                assert (
                    subprocess.run(["dash", "-n", "-c", written], capture_output=True, check=False).returncode == 0
                ), text
