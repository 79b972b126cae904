"""Tools of daemontools, runit and s6 in front of a job: what is left of the line, and what it wishes for."""

from __future__ import annotations

import pytest

from converters.commands.command import understand

# the line, its user, a part of what is said
TAKEN = [
    ("envdir /etc/app/env /app/run", None, "C452 Each file of `/etc/app/env/*`"),
    ("/usr/bin/envdir /etc/app/env/ /app/run", None, "C452 Each file of `/etc/app/env/*`"),
    ("envdir ./env /app/run", None, "C452 Each file of `./env/*`"),
    ("s6-envdir -fn /etc/app/env /app/run", None, "C452 Each file of `/etc/app/env/*`"),
    ("s6-envdir -- /etc/app/env /app/run", None, "C452"),
    ("chpst -u app /app/run", "app", "C453 `chpst` runs it as `app`"),
    ("chpst -u :33:33 /app/run", "33:33", "C453"),
    ("chpst -uapp:www -e/etc/app/env /app/run", "app:www", "C452 Each file of `/etc/app/env/*`"),
    ("chpst -u app -m 64000000 /app/run", "app", "C423 `chpst` limited the process by `-m 64000000`"),
    ("chpst -L /tmp/x.lock /app/run", None, ""),
    ("chpst -P -n 10 -v /app/run", None, ""),
    ("softlimit -m 100000000 -t 60 /app/run", None, "C423 `softlimit` limited the process by `-m 100000000`, `-t 60`"),
    ("s6-softlimit -o 100 /app/run", None, "C423 `s6-softlimit` limited the process by `-o 100`"),
    ("setuidgid app envdir /e softlimit -m 1000 /app/run >> /var/log/x.log", "app", "C452 Each file of `/e/*`"),
    ("cd /srv/app && exec envdir /e /app/run", None, "C452"),
    ("envdir /e chpst -u app /app/run || true", "app", "C452"),
    ("envdir /e sh -c 'exec /app/run'", None, "C452"),
]
KEPT = [
    "envdir $DIR /app/run",
    "chpst -/ /srv/root /app/run",
    "chpst -z /app/run",
    "A=b chpst -u app /app/run",
    "envdir /e",
]


@pytest.mark.parametrize(("line", "user", "said"), TAKEN)
def test_what_is_taken(line: str, user: str | None, said: str) -> None:
    found = understand(line)
    assert found.remaining.split()[0] == "/app/run" and found.user == user
    assert found.original == line
    assert not said or any(said in f"{one.code} {one.message}" for one in found.findings), found.findings


@pytest.mark.parametrize("line", KEPT)
def test_what_stays(line: str) -> None:
    found = understand(line)
    assert line.rsplit("A=b ", maxsplit=1)[-1].split(maxsplit=1)[0] in found.remaining


def test_a_lock_of_chpst() -> None:
    waits, skips = understand("chpst -l /tmp/x.lock /app/run").lock, understand("chpst -L /tmp/x.lock /app/run").lock
    assert waits is not None and (waits.name, waits.policy) == ("/tmp/x.lock", "wait")
    assert skips is not None and (skips.name, skips.policy) == ("/tmp/x.lock", "skip")
