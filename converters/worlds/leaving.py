"""Programs that come back at once and leave their work in the background, beside what the catalogue says of each.

In a task everything ends with the first process, so such work is killed before it begins. Sources: the programs' manuals
(nginx(8), httpd(8), php-fpm(8), sshd(8), cron(8), supervisord, exim4(8), dnsmasq(8), memcached(1), haproxy(1), pg_ctl(1) ..).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Leaves(NamedTuple):
    """``needs``: it leaves only with one of these words (none: always); ``stays``: not with one of these."""

    needs: frozenset[str] = frozenset()
    stays: frozenset[str] = frozenset()


def _leaves(needs: str = "", stays: str = "") -> Leaves:
    return Leaves(frozenset(needs.split()), frozenset(stays.split()))


_PROGRAMS: Mapping[str, Leaves] = {
    "nginx": _leaves(stays="-s -t -T -v -V daemon"),
    **dict.fromkeys(("apache2", "httpd"), _leaves(stays="-DFOREGROUND FOREGROUND -X -t -S -v -V")),
    **dict.fromkeys(("apachectl", "apache2ctl"), _leaves("start restart graceful")),
    "php-fpm": _leaves(stays="-F --nodaemonize -t -v -i -m"),
    "sshd": _leaves(stays="-D -t -T -i -d"),
    "cron": _leaves(stays="-f -L"),
    "crond": _leaves(stays="-f -n"),
    "atd": _leaves(stays="-f"),
    "smartd": _leaves(stays="-n -q --no-fork"),
    "snmpd": _leaves(stays="-f"),
    "supervisord": _leaves(stays="-n --nodaemon"),
    "collectd": _leaves(stays="-f -t -T"),
    "dnsmasq": _leaves(stays="-k --keep-in-foreground -d --no-daemon --test"),
    "rsyslogd": _leaves(stays="-n -N"),
    **dict.fromkeys(("exim", "exim4"), _leaves("-bd")),
    "postfix": _leaves("start"),
    "pg_ctl": _leaves("start restart"),
    "pg_ctlcluster": _leaves("start restart"),
    "vncserver": _leaves(stays="-kill -list -fg"),
    "systemd-run": _leaves(stays="--wait --scope --pty -P -t --pipe"),
    "dtach": _leaves("-n"),
    "abduco": _leaves("-n"),
    **dict.fromkeys(("pm2", "forever"), _leaves("start restart")),
    "supervisorctl": _leaves("start restart"),
    "twistd": _leaves(stays="-n --nodaemon"),
    "god": _leaves("-c", stays="-D --no-daemonize"),
    "monit": _leaves(stays="-I start stop restart status summary reload quit validate unmonitor monitor -t"),
    "memcached": _leaves("-d --daemon"),
    "mosquitto": _leaves("-d --daemon"),
    "openvpn": _leaves("--daemon"),
    "svnserve": _leaves("-d --daemon", stays="--foreground"),
    "git": _leaves("--detach"),
    "haproxy": _leaves("-D -W"),
    "spamd": _leaves("-d --daemonize"),
    **dict.fromkeys(("freshclam", "clamd"), _leaves("-d --daemon", stays="-F --foreground")),
    **dict.fromkeys(("unicorn", "unicorn_rails", "rainbows"), _leaves("-D --daemonize")),
    "puma": _leaves("-d --daemon"),
    "aria2c": _leaves("-D --daemon --daemon=true"),
    "sudo": _leaves("-b --background"),
    "tor": _leaves("--RunAsDaemon"),
}
# What nobody would write for anything else, whatever the program is.
_LONG = frozenset(
    f"{name}{value}"
    for name in ("--daemon", "--daemonize", "--detach", "--background", "--fork")
    for value in ("", "=true", "=yes", "=1")
)
_MAYBE = frozenset({"-d", "-D"})


def leaves_by(name: str, words: Sequence[str], *, known: bool) -> str:
    """The word by which a program leaves, its own name where it always does, or nothing. ``known`` says that the catalogue
    knows its options; where it does not, a last ``-d`` is taken for a daemon's too."""
    own = _PROGRAMS.get(name)
    given = set(words)
    if own is not None and not given & own.stays and not any("daemon off" in word for word in words):
        if not own.needs:
            return name
        if found := sorted(given & own.needs):
            return found[0] if name != "git" or "daemon" in given else ""
    if own is not None or known:
        return ""
    if found := sorted(given & _LONG):
        return found[0]
    for word, after in zip(words, [*words[1:], "-"], strict=False):
        if word in _MAYBE and after.startswith("-"):
            return word
    return ""
