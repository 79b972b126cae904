"""Programs that do not end by themselves, as data: what a script that comes to one of them in its foreground never leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Lasts = Literal["", "endless", "unread"]

# By tail(1), sleep(1), watch(1), journalctl(1), inotifywait(1), yes(1); by the manuals of servers, where the option says so:
# nginx ("daemon off;"), httpd(8), php-fpm(8), cron(8), busybox crond, supervisord, sshd(8), redis-server, postgres(1), mysqld,
# rsyslogd(8), catalina.sh, gunicorn, uvicorn, puma, sidekiq, celery, rails server, django runserver, http.server.
_ENDLESS: dict[str, str] = {
    "tail": r"(?:.* )?(?:-\w*[fF]\w*|--follow\S*|--retry)(?: .*)?",
    "sleep": r"inf(?:inity)?",
    "watch": r".+",
    "yes": r".*",
    "journalctl": r"(?:.* )?(?:-\w*f\w*|--follow)(?: .*)?",
    "inotifywait": r"(?:.* )?(?:-\w*m\w*|--monitor)(?: .*)?",
    "nginx": r".*daemon off.*",
    "httpd": r"(?:.* )?-D ?FOREGROUND.*",
    "apache2": r"(?:.* )?-D ?FOREGROUND.*",
    "apachectl": r"(?:.* )?-D ?FOREGROUND.*",
    "apache2ctl": r"(?:.* )?-D ?FOREGROUND.*",
    "httpd-foreground": r".*",
    "apache2-foreground": r".*",
    "php-fpm": r"(?:.* )?(?:-\w*F|--nodaemonize)(?: .*)?",
    "cron": r"(?:.* )?-f(?: .*)?",
    "crond": r"(?:.* )?-(?:f|n)(?: .*)?",
    "supervisord": r"(?:.* )?(?:-n|--nodaemon)(?: .*)?",
    "sshd": r"(?:.* )?-\w*D\w*(?: .*)?",
    "redis-server": r"(?!.*--daemonize yes).*",
    "rsyslogd": r"(?:.* )?-n(?: .*)?",
    "catalina.sh": r"run(?: .*)?",
    "gunicorn": r"(?!.*(?:-D|--daemon|--check-config|--version)\b).+",
    "uvicorn": r".+",
    "daphne": r".+",
    "sidekiq": r"(?!.*-V).*",
    "puma": r"(?!.*(?:-V|--version)).*",
    "celery": r"(?!.*--detach)(?:.* )?(?:worker|beat|flower)(?: .*)?",
    "rails": r"(?!.*(?:-d|--daemon)\b)(?:s|server)(?: .*)?",
    "python": r"(?:.* )?(?:runserver|-m http\.server)(?: .*)?",
    "python3": r"(?:.* )?(?:runserver|-m http\.server)(?: .*)?",
    "s6-svscan": r".*",
    "runsvdir": r".*",
    "dockerd": r".*",
}
# What these do is said by files that nobody reads here: a server or one step of work.
_UNKNOWN: dict[str, str] = {
    "java": r"(?:.* )?-(?:jar|cp|classpath) .*",
    "php-fpm": r"(?!.*(?:-t|-v|-i|-m|-D|--test|--version|--daemonize)\b).*",
    "npm": r"start|run (?:start|serve|dev).*",
    "yarn": r"start|serve|dev",
    "supervisord": r"(?!.*--version).*",
    "mysqld": r"(?!.*(?:--initialize|--help|--version|--bootstrap|--daemonize|--verbose)).*",
    "postgres": r"(?!.*(?:--version|-V|--single|--boot|-C)\b).*",
    "rabbitmq-server": r"(?!.*-detached).*",
    "node": r"(?:\S*/)?(?:server|app|main|index|www)(?:\.m?js)?",
}


def lasts(words: Sequence[str]) -> Lasts:
    """Whether these words, which a program is started with, keep it running; a word that is not known is empty."""
    name = words[0].rpartition("/")[2] if words else ""
    told = " ".join(words[1:])
    for table, said in ((_ENDLESS, "endless"), (_UNKNOWN, "unread")):
        if name in table and re.fullmatch(table[name], told, re.DOTALL):
            return "endless" if said == "endless" else "unread"
    return ""
