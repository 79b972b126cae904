"""What the name of a script says that nobody has read: a guess, told as a guess, and never enough to call a job ready.

A name is weak evidence, so it only ever turns "moves, once the image holds it" into a question with a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from converters.commands.shell.program_names import known_as
from converters.programs.catalogue import program


class Sense(NamedTuple):
    """Words of a name, the fate they propose, and what they seem to be about."""

    words: str
    fate: Literal["decide", "stay", "drop"]
    about: str


_SENSES = (
    Sense(
        "certbot letsencrypt dehydrated acme cert certs certificate certificates ssl lego",
        "drop",
        "renewing certificates",
    ),
    Sense("logrotate rotatelogs", "drop", "rotating logs"),
    Sense("ntp ntpdate settime timesync", "drop", "setting the clock"),
    Sense("watchdog keepalive respawn restart autorestart", "drop", "starting a dead service anew"),
    Sense(
        "ddns dyndns duckdns dynamicdns ipaddr updateip publicip externalip hostip",
        "drop",
        "telling a name server this host's address",
    ),
    Sense("upgrade osupdate sysupdate aptupdate yumupdate autoupdate", "drop", "updating this host's software"),
    Sense("reboot shutdown poweroff wakealarm suspend", "stay", "stopping or starting this machine"),
    Sense("iptables ipset fail2ban firewall vpn wireguard openvpn", "stay", "the network of this host"),
    Sense(
        "disk disks diskspace storage smart raid zfs lvm snapshot snapshots temperature temp sensors entropy",
        "stay",
        "disks or hardware of this host",
    ),
    Sense("backup backups bak dump dumps rsnapshot", "stay", "saving what lies on this host"),
    Sense("syslog maillog logwatch logcheck loganalyze", "stay", "the logs of this host"),
    Sense("deploy redeploy gitpull autodeploy", "drop", "putting a release on this host"),
    Sense("dropcaches", "drop", "clearing a cache"),
    Sense("dpms screensaver xset xrandr backlight brightness", "stay", "a person's screen"),
    Sense("freemem meminfo loadavg sysload sysinfo diskusage cputemp", "stay", "measuring this host"),
    Sense(
        "iface interface wifi wlan eth0 hostapd bluetooth gpio gpu webcam cctv camera kiosk",
        "stay",
        "the network or hardware of this host",
    ),
    Sense("cleanup cleaner clean clear purge prune expire retention rotate sweep", "decide", "deleting files"),
    Sense(
        "monitor monitoring healthcheck health smoketest checkdisk checkmem status nagios zabbix munin",
        "decide",
        "watching something, perhaps this host",
    ),
    Sense("sync mirror rsync replicate copy move movelogs", "decide", "copying files from or to this host"),
    Sense("push publish repo repos repository", "decide", "publishing what lies on this host"),
    Sense("updates", "decide", "updating something, perhaps this host"),
    Sense("rebuildlocaldb localdb", "decide", "a database of this machine"),
)
# A verb and what it is done to, wherever both stand in a name: `weekly-log-clean`, `clear_smarty_cache`. Of a `log` in the
# singular only what is done to a file: `purge_audit_log` may as well empty an application's table.
_CLEARS = (
    ("clean cleanup cleaner clear rotate trim truncate", "log logs", "clearing logs"),
    ("purge prune expire delete", "logs logfiles", "clearing logs"),
    ("clean cleanup cleaner clear purge flush wipe", "cache caches", "clearing a cache"),
    ("clean cleanup cleaner clear purge wipe", "tmp tmpfiles tempfiles", "clearing temporary files"),
)
_CLEARED = tuple((frozenset(a.split()), frozenset(b.split()), Sense("", "drop", about)) for a, b, about in _CLEARS)
# `04-cron-quarter-hourly`, `cron.daily.sh`: frames named as those of /etc.
_FREQUENT = frozenset(["hourly", "daily", "weekly", "monthly", "yearly", "often"])
_FRAME = Sense("", "decide", "starting other jobs")
_BY_WORD = {word: sense for sense in _SENSES for word in sense.words.split()}
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
# Directories of those who look after a machine (FHS 3.0: sbin "system administration", /root "the root user's home").
_ADMIN = re.compile(r"/(?:root|home/pi)/")
# FHS 3.0: /etc is "host-specific system configuration", sbin holds "programs used for system administration".
_HOSTS_OWN = re.compile(r"/etc/|(?:/usr|/usr/local)?/sbin/")
# Systems of devices that bring their own scheduler: Synology's DSM, QNAP's QTS.
_APPLIANCE = re.compile(r"/(?:usr/syno|var/packages|etc/config|share/CACHEDEV\w*/\.qpkg)/")
# Hosting panels keep their own upkeep there: root's crontab of a fresh cPanel, CyberPanel, Hestia, Plesk, ISPmanager, Webmin.
_PANEL = re.compile(
    r"/usr/local/(?:cpanel|CyberCP|hestia|vesta|directadmin|ispconfig|psa|mgr5|interworx|cwpsrv)/(?!bin/\w*shell$)"
    r"|/(?:opt/psa|www/server/panel|etc/webmin|etc/usermin|usr/libexec/webmin|usr/share/webmin)/"
)

# periodic(8) of FreeBSD, daily(8) of OpenBSD: the system's own care.
_PERIODIC = re.compile(r"/etc/(?:daily|weekly|monthly|security)(?:\.local)?$")
_CARE = Sense("", "stay", "the operating system's own care")


def sense_of(path: str) -> Sense | None:
    """What the last part of a script's path seems to be about; pairs of words count as one (``clean_logs``)."""
    words = [word.lower() for word in _SPLIT.split(path.rpartition("/")[2].rsplit(".", 1)[0]) if word]
    given = set(words)
    for verbs, cleared, sense in _CLEARED:
        if verbs & given and cleared & given:
            return sense
    for one in (*("".join(pair) for pair in pairwise(words)), *words):
        if one in _BY_WORD:
            return _BY_WORD[one]
    if given & {"cron", "crons"} and _FREQUENT & given:
        return _FRAME
    return _called_after(words) or _by_its_end(path, words)


def _by_its_end(path: str, words: list[str]) -> Sense | None:
    """What a name ends with, or the directory in which it lies."""
    # `autopostgresqlbackup`: what is glued to a word that means one thing wherever it stands.
    glued = next((tail for word in words for tail in ("backup", "logrotate", "watchdog") if word.endswith(tail)), None)
    if glued is not None:
        return _BY_WORD[glued]
    if _PERIODIC.match(path):
        return _CARE
    folder = path.rpartition("/")[0].rpartition("/")[2].lower()
    return _BY_WORD.get(folder) if folder in ("certbot", "dehydrated", "letsencrypt", "acme") else None


_SAVES = frozenset(["backup", "backups", "bak", "dump", "dumps", "snapshot", "snapshots"])


def saves(task: str) -> bool:
    """Whether a framework's task is, by a word of its name, a backup: ``db:backup``, ``dump_all_data``."""
    return bool(_SAVES & {word.lower() for word in _SPLIT.split(task)})


def _called_after(words: list[str]) -> Sense | None:
    """``df.sh``, ``free-h.sh``: a script with the name of a program that looks at its host, and a letter or two of options."""
    if not words or len(words[0]) < 3 - (words[0] == "df") or any(len(word) > 2 for word in words[1:]):
        return None
    if known_as(f"/{words[0]}") != words[0]:
        return None
    known = program(words[0])
    # `crontab.sh` is what the crontab starts.
    if known is None or known.part in (None, "crontabs") or known.fate is None:
        return None
    return Sense("", known.fate, f"the {known.part} of this host, as `{known.name}` is")


# The actions of an init script (LSB Core 5.0, 22.2), given to a script of one's own as to those of /etc/init.d.
_STEERS: Mapping[str, Sense] = {
    "stop": Sense("", "stay", "stopping a service of this host"),
    "force-stop": Sense("", "stay", "stopping a service of this host"),
    **dict.fromkeys(
        ("restart", "try-restart", "condrestart", "force-restart", "force-reload", "respawn", "keepalive", "watchdog"),
        Sense("", "drop", "starting a service of this host anew"),
    ),
}
# LinuxGSM's scripts are called `NAMEserver`, and their `monitor` starts a dead server (docs.linuxgsm.com, "Cronjobs").
_GAME_SERVER = re.compile(r".*server(?:-\d+)?$")
_REVIVES = Sense("", "drop", "starting a dead server anew")


def steering_of(path: str, words: Sequence[str]) -> Sense | None:
    """What a script is told to do with its service, where its first word is such an action: ``gateway.sh stop live``."""
    action = words[0] if words else ""
    return _REVIVES if action == "monitor" and _GAME_SERVER.match(path) else _STEERS.get(action)


def is_administrators(path: str) -> bool:
    """Whether it lies where the one who looks after the machine keeps scripts."""
    return bool(_ADMIN.match(path))


def is_hosts_own(path: str) -> bool:
    """Whether its place says that it serves this host: among its configuration, or among what administers it."""
    return bool(_HOSTS_OWN.match(path))


def is_appliance(path: str) -> bool:
    """Whether it is a part of a storage device's own system."""
    return bool(_APPLIANCE.match(path))


def is_panels(path: str) -> bool:
    """Whether it is a part of the panel that administers this host."""
    return bool(_PANEL.match(path))
