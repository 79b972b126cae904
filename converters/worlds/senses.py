"""What the name of a script says that nobody has read: a guess, told as a guess, and never enough to call a job ready.

A name is weak evidence, so it only ever turns "moves, once the image holds it" into a question with a proposal.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple


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
    Sense("logrotate rotatelogs cleanlogs purgelogs cleanuplogs", "drop", "rotating logs"),
    Sense("ntp ntpdate settime timesync", "drop", "setting the clock"),
    Sense("watchdog keepalive respawn restart autorestart", "drop", "starting a dead service anew"),
    Sense("ddns dyndns duckdns dynamicdns", "drop", "telling a name server this host's address"),
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
    Sense(
        "clearcache cleancache cleanupcache purgecache flushcache cachecleanup cacheclear dropcaches",
        "drop",
        "clearing a cache",
    ),
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
_BY_WORD = {word: sense for sense in _SENSES for word in sense.words.split()}
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
# Directories of those who look after a machine (FHS 3.0: sbin "system administration", /root "the root user's home").
_ADMIN = re.compile(r"/(?:root|etc|usr/local/sbin|home/pi|Users)/")
# Systems of devices that bring their own scheduler: Synology's DSM, QNAP's QTS.
_APPLIANCE = re.compile(r"/(?:usr/syno|var/packages|etc/config|share/CACHEDEV\w*/\.qpkg)/")

# periodic(8) of FreeBSD, daily(8) of OpenBSD: the system's own care.
_PERIODIC = re.compile(r"/etc/(?:daily|weekly|monthly|security)(?:\.local)?$")
_CARE = Sense("", "stay", "the operating system's own care")


def sense_of(path: str) -> Sense | None:
    """What the last part of a script's path seems to be about; pairs of words count as one (``clean_logs``)."""
    words = [word.lower() for word in _SPLIT.split(path.rpartition("/")[2].rsplit(".", 1)[0]) if word]
    for one in (*("".join(pair) for pair in pairwise(words)), *words):
        if one in _BY_WORD:
            return _BY_WORD[one]
    # `autopostgresqlbackup`: what is glued to a word that means one thing wherever it stands.
    glued = next((tail for word in words for tail in ("backup", "logrotate", "watchdog") if word.endswith(tail)), None)
    if glued is not None:
        return _BY_WORD[glued]
    if _PERIODIC.match(path):
        return _CARE
    folder = path.rpartition("/")[0].rpartition("/")[2].lower()
    return _BY_WORD.get(folder) if folder in ("certbot", "dehydrated", "letsencrypt", "acme") else None


def is_administrators(path: str) -> bool:
    """Whether it lies where the one who looks after the machine keeps scripts."""
    return bool(_ADMIN.match(path))


def is_appliance(path: str) -> bool:
    """Whether it is a part of a storage device's own system."""
    return bool(_APPLIANCE.match(path))
