"""Variables that a shell sets by itself, and which of them only some shells set."""

from __future__ import annotations

from collections.abc import Mapping

OWN: Mapping[str, str] = {
    "RANDOM": "$RANDOM",
    "HOSTNAME": "$HOSTNAME",
    "EPOCHSECONDS": "$EPOCHSECONDS",
    "EPOCHREALTIME": "$EPOCHSECONDS",
    "LINENO": "$LINENO",
    **dict.fromkeys(
        [
            "UID",
            "EUID",
            "SECONDS",
            "OSTYPE",
            "HOSTTYPE",
            "MACHTYPE",
            "BASH",
            "BASHPID",
            "BASH_VERSION",
            "BASH_SOURCE",
            "BASH_COMMAND",
            "BASHOPTS",
            "SHELLOPTS",
            "FUNCNAME",
            "PIPESTATUS",
            "DIRSTACK",
            "GROUPS",
        ],
        "$UID",
    ),
}
"""Name -> its construct. BusyBox's ash sets the first five; cron hands on none of them."""
