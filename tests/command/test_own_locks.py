"""Locks by other means than ``flock``: tools that become a lock, and texts that lock by themselves and are told."""

from __future__ import annotations

import pytest

from converters.commands.command import understand


@pytest.mark.parametrize(
    ("text", "lock"),
    [
        ("run-with-lockfile /var/lock/x.lock /srv/x", ("/var/lock/x.lock", "wait", None, 100)),
        ("run-with-lockfile.sh -n /var/lock/x.lock /srv/x a", ("/var/lock/x.lock", "skip", None, 100)),
        ('"/srv/bin/run-with-lockfile.sh" -n "/var/lock/x.lock" "/srv/x"', ("/var/lock/x.lock", "skip", None, 100)),
        ("lckdo /var/lock/x /srv/x", ("/var/lock/x", "skip", None, 75)),
        ("lckdo -W 5 /var/lock/x /srv/x", ("/var/lock/x", "wait", 5.0, 75)),
        ("lckdo -w -E 3 /var/lock/x /srv/x", ("/var/lock/x", "wait", None, 3)),
        ("with-lock-ex -q /l /srv/x", ("/l", "skip", None, 0)),
        ("with-lock-ex -w /l /srv/x", ("/l", "wait", None, 255)),
        ("dotlockfile -r 0 /l /srv/x", ("/l", "skip", None, 4)),
        ("dotlockfile -p -r 2 /l /srv/x", ("/l", "wait", 15.0, 4)),
        ("solo -port=3801 /srv/x", ("/run/solo/3801", "skip", None, 1)),
        ("solo -silent -port=3801 /srv/x a b", ("/run/solo/3801", "skip", None, 1)),
    ],
)
def test_a_tool_becomes_a_lock(text: str, lock: tuple[str, str, float | None, int]) -> None:
    found = understand(text)
    assert found.lock is not None
    assert (found.lock.name, found.lock.policy, found.lock.wait_seconds, found.lock.conflict_exit) == lock
    assert found.remaining.startswith(("/srv/x", '"/srv/x"'))
    assert found.original == text


@pytest.mark.parametrize(
    ("text", "variables", "name"),
    [
        ("flock -n ~/l x", {"HOME": "/home/a"}, "/home/a/l"),
        ('flock -n "$HOME/l" x', {"HOME": "/home/a"}, "/home/a/l"),
        ("flock -n $VAR/l x", {"VAR": "/run"}, "/run/l"),
        ('flock -n "${VAR}/l" x', {"VAR": "/run"}, "/run/l"),
        ("flock -n ~/l x", {}, "l"),  # cron starts at home: what `flock -n l` locks
        ('flock -n "$HOME/l" x', {}, "l"),
        ("flock -n ${HOME}/a/l x", {}, "a/l"),
        ("cd /srv && flock -n ~/l x", {}, "l"),
        ("( flock -n 9 || exit 1; x ) 9>~/l", {}, "l"),
        ("setlock -n ~/l x", {}, "l"),
        ("lckdo ~/l x", {}, "l"),
        ("lockrun --lockfile=$HOME/l -- x", {"HOME": "/h"}, "/h/l"),
        ("runlock -f $HOME/l x", {"HOME": "/h"}, "/h/l"),
        ("flock -n l x", {}, "l"),
    ],
)
def test_a_lock_file_below_a_home_or_a_variable(text: str, variables: dict[str, str], name: str) -> None:
    found = understand(text, environment=variables)
    assert found.lock is not None
    assert found.lock.name == name


@pytest.mark.parametrize(
    "text", ["sudo -u a flock -n ~/l x", "flock -n ~root/l x", "flock -n $OTHER/l x", "flock -n $HOME x"]
)
def test_a_lock_file_that_nobody_knows_stays(text: str) -> None:
    found = understand(text)
    assert found.lock is None
    assert "C411" in {finding.code for finding in found.findings}


@pytest.mark.parametrize(
    "text",
    [
        "mkdir /tmp/x.lock && /srv/x; rmdir /tmp/x.lock",
        "mkdir /tmp/l 2>/dev/null || exit; /srv/x; rmdir /tmp/l",
        "if mkdir /tmp/l; then x; rmdir /tmp/l; fi",
        "if mkdir /var/lock/x; then x; fi",
        "ln -s $$ /tmp/x.lock && x; rm /tmp/x.lock",
        "[ -f /tmp/x.pid ] || /srv/x",
        "[ ! -e /var/run/x.pid ] && /srv/x",
        "test -e /tmp/x.lock && exit; touch /tmp/x.lock; /srv/x; rm /tmp/x.lock",
        "if [ ! -f /tmp/x.lock ]; then touch /tmp/x.lock; x; rm /tmp/x.lock; fi",
        'mkdir "$LOCK" || exit; x; rmdir "$LOCK"',
        "mkdir $LOCKDIR 2>/dev/null || exit 0; trap 'rmdir $LOCKDIR' EXIT; x",
        "L=/tmp/x; [ -f $LOCKFILE ] && exit; x",
        '[ -e "${PIDFILE}" ] || x',
        "kill -0 $(cat /tmp/x.pid) || /srv/x",
        "kill -0 `cat /tmp/x.pid` 2>/dev/null || /srv/x",
        "/srv/wrap --lock=/tmp/a.lock x",
        "/srv/wrap /var/lock/a x",
        '/srv/wrap -n "/tmp/send.lock" "/srv/x" || echo stalled',
        'run-with-lockfile.sh -n "/var/lock/send.lock" "/srv/x" || echo stalled',
        "dotlockfile -r 0 /var/lock/x && /srv/x; dotlockfile -u /var/lock/x",
        "lockfile -r 0 /tmp/x.lock && x; rm -f /tmp/x.lock",
        "shlock -f /tmp/l -p $$ && x",
    ],
)
def test_a_lock_of_its_own_is_told(text: str) -> None:
    findings = understand(text).findings
    assert "C411" in {finding.code for finding in findings}
    assert not [one.message for one in findings if one.code == "C477" and ".lock" in one.message]


@pytest.mark.parametrize(
    "text",
    [
        "mkdir -p /srv/x && y",
        "rm -f /tmp/x.lock; y",
        "[ -f /srv/x ] && y",
        "[ -f /var/run/x.pid ] && kill $(cat /var/run/x.pid)",
        "composer install && git add composer.lock",
        "find /tmp -name '*.lock' -delete",
        "cat /proc/locks",
        "/srv/unlock",
    ],
)
def test_what_is_no_lock_is_not_told(text: str) -> None:
    assert "C411" not in {finding.code for finding in understand(text).findings}
