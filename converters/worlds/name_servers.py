"""Addresses at which a dynamic name is set to whoever asks: a job that asks one tells a name server its host's address.

A task is another machine each time, behind an address of its own: moved, such a job would send the name's visitors there.
"""

from __future__ import annotations

import re

_ADDRESSES = (
    r"[^/]*/nic/update",  # the protocol of DynDNS, as a path: https://help.dyn.com/remote-access-api/ (No-IP, Google, ..)
    r"(?:www\.)?duckdns\.org/update",  # https://www.duckdns.org/spec.jsp
    r"(?:\w+\.)?freedns\.afraid\.org/(?:dynamic/update\.php|nic/update)",  # https://freedns.afraid.org/dynamic/
    r"\w*sync\.afraid\.org/u/",
    r"(?:www\.|ip[46]\.)?ddnss\.de/upd\.php",  # https://ddnss.de/info.php
    r"(?:ipv[46]\.)?dynv6\.com/api/update",  # https://dynv6.com/docs/apis
    r"update6?\.dedyn\.io(?:/|$)",  # https://desec.readthedocs.io, "IP Update Protocol"
    r"dynamicdns\.park-your-domain\.com/update",  # Namecheap, "How to use the browser to dynamically update hosts"
    r"dyn\.dns\.he\.net/nic/update",
    r"(?:api\.)?dynu\.com/nic/update",
    r"dynamic\.zoneedit\.com/(?:auth/)?dyn",
    r"ydns\.io/api/v1/update",  # https://github.com/ydns/api
    r"dns\.loopia\.se/XDynDNSServer",
    r"(?:carol\.)?selfhost\.de/update",
    r"(?:www\.)?spdyn\.de/",
    r"members\.3322\.org/dyndns/update",
    r"ipv4\.cloudns\.net/api/dynamicURL",  # https://www.cloudns.net/wiki/article/36/
    r"(?:www\.)?dnsdynamic\.org/api",
    r"dyndns\.kasserver\.com",
    r"[^/]*\.mythic-beasts\.com/dns/v2/dynamic",  # https://www.mythic-beasts.com/support/api/dnsv2/dynamic-dns
)
_TOLD = re.compile(r"(?:https?://)?(?:[^/@\s]*@)?(?:" + "|".join(_ADDRESSES) + ")", re.I)


def tells_address(url: str) -> bool:
    """Whether who asks this address sets a name to its own."""
    return _TOLD.match(url) is not None
