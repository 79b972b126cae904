"""Has a table a user column? What the first words of its lines tell, where its place tells nothing or the wrong thing.

A system table (``/etc/crontab``, ``cron.d``) names a user between schedule and command, a user's own table does not. Read
the wrong way, the user's name is started as a program, or the program vanishes as a user. Words in; a verdict out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

Likely = Literal["surely", "perhaps", "no"]
Column = Literal["there", "unclear", "none"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# base-passwd of Debian, setup of Fedora (their passwd.master), then services' packages, cloud images, deployments.
ACCOUNTS = _words(
    """
    root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt adm
    shutdown halt operator ftp apache nginx httpd http www web wwwrun lighttpd caddy tomcat jetty jboss mysql
    postgres pgsql mongodb redis memcached rabbitmq elasticsearch kibana logstash zookeeper kafka cassandra
    influxdb grafana prometheus zabbix nagios icinga munin sensu consul vault etcd jenkins gitlab-runner gitlab
    git gitea gogs svn hudson teamcity postfix exim Debian-exim debian-exim dovecot opendkim amavis clamav
    clamupdate debian-spamd spamd mailman list bind named unbound dnsmasq ntp chrony squid haproxy varnish
    openvpn dhcpd snmp sshd rsync puppet chef salt ansible ubuntu debian admin centos fedora rocky almalinux
    ec2-user ec2user cloud-user opc core alpine pi vagrant azureuser bitnami user app apps webapp application
    deploy deployer rails node nodejs django celery worker cron batch magento wordpress drupal moodle odoo
    redmine discourse mastodon sidekiq airflow hadoop hdfs spark oracle nextcloud logcheck smmsp systemd-network
    messagebus colord dbus asterisk freeswitch icecast minecraft steam plex transmission deluge mythtv sanoid
    backuppc barman
    """
)
"""Names that are accounts on usual systems. Some are programs too (`mysql`, `git`, `rsync`): those need a second sign."""

TAKE_PATHS = frozenset({"node", "nodejs", "rsync", "sync", "lp"})
"""Programs of an account's name whose first operand is a file: `node /srv/job.js` is no user and his script (node(1))."""

NO_PROGRAMS = frozenset(
    {"root", "www-data", "nobody", "ubuntu", "ec2-user", "apache", "nginx", "postgres", "daemon", "centos"}
)
"""Accounts of which nobody makes a program, so that one alone tells."""

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?")
_WITH_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_-]+)?(?:/[A-Za-z0-9_-]+)?")
_NEVER = re.compile(r"""[/${}(){}=`'"|&;<>*?%\\,\[\]~!#]|^-|^\d+$""")
_START = re.compile(r"(?:/|~/|\./|[A-Z_][A-Z0-9_]*=|\[$|\[\[$|\(|cd$)")
_SCRIPT = re.compile(r"/(?:s?bin|libexec|scripts?)/|\.(?:sh|bash|py|php|rb|pl|js|jar)$")


def never_a_user(word: str, *, login_class: bool = False) -> bool:
    """Whether no system can have an account of this name. ``login_class``: FreeBSD's ``user:group/class``."""
    if login_class and _WITH_CLASS.fullmatch(word):
        return False
    return _NEVER.search(word) is not None


def likely_user(
    first: str, second: str, is_program: Callable[[str], bool], is_user: Callable[[str], bool] | None = None
) -> Likely:
    """Whether a line's first word behind the schedule names a user, by the word behind it.

    ``is_user`` asks a passwd file, where there is one.
    """
    if not second or second.startswith("-") or not _USER.fullmatch(first):
        return "no"
    known = is_user(first) if is_user is not None else False
    if is_program(first):
        # `git gc`, `rsync /a /b`, `mysql shop`: an account of that name proves nothing unless a program follows.
        named = (known or first in ACCOUNTS) and (first not in TAKE_PATHS or is_program(second))
        return "surely" if named and _startable(second, is_program) else "no"
    if known or first in NO_PROGRAMS:
        return "surely"
    starts = _START.match(second) is not None or is_program(second)
    return ("surely" if starts else "perhaps") if first in ACCOUNTS else ("perhaps" if starts else "no")


def column_of(
    words: Sequence[tuple[str, str]], is_program: Callable[[str], bool], is_user: Callable[[str], bool] | None = None
) -> Column:
    """The verdict on a table whose place leaves it open. ``words``: the first two behind the schedule of each line."""
    told = [likely_user(first, second, is_program, is_user) for first, second in words]
    if not told or "no" in told:
        return "none"
    unknown = [second for (_first, second), how in zip(words, told, strict=True) if how == "perhaps"]
    if all(_startable(second, is_program) for second in unknown):
        return "there"
    return "unclear"


def _startable(word: str, is_program: Callable[[str], bool]) -> bool:
    """Whether a word looks like what is started, not like what is worked on."""
    base = word.rstrip("/").rpartition("/")[2]
    return _SCRIPT.search(word) is not None or is_program(base) or bool(re.match(r"[A-Z_][A-Z0-9_]*=|\[|\(|cd$", word))
