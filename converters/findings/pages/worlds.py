"""Pages of jobs that ask a container engine: C800 to C809."""

from __future__ import annotations

from converters.findings.pages.page import Page

_GOOD = "0 5 * * * docker run --rm registry.example.com/app:1 bin/report"
_PLAIN = "0 5 * * * /opt/app/report"

PAGES = {
    "C800": Page(
        _GOOD,
        _PLAIN,
        "Always: it tells what was taken over.",
    ),
    "C801": Page(
        "0 5 * * * docker exec app bin/report",
        _GOOD,
        "Where the job asks nothing of the running container but its image.",
    ),
    "C802": Page(
        "0 5 * * * docker run --rm -v /srv/app:/data registry.example.com/app:1 bin/report",
        _GOOD,
        "Where only the same run reads what it writes there.",
    ),
    "C803": Page(
        "0 5 * * * docker run --rm --network app registry.example.com/app:1 bin/report --db postgres://db/app",
        _GOOD,
        "Where a name server of the VPC knows the names.",
    ),
    "C804": Page(
        "0 5 * * * docker run --rm --privileged registry.example.com/app:1 bin/report",
        _GOOD,
        "Where the job does not use what it was given: take the option away.",
    ),
    "C805": Page(
        "0 5 * * * mkdir -p /opt/app/out; docker run --rm registry.example.com/app:1 bin/report",
        _GOOD,
        "Where the image has a shell and these programs.",
    ),
    "C806": Page(
        "0 5 * * * docker run --rm --dns 10.0.0.2 registry.example.com/app:1 bin/report",
        _GOOD,
        "Where the job does as well without it.",
    ),
    "C807": Page(
        "0 5 * * * docker run --rm localhost:5000/app:1 bin/report",
        _GOOD,
        "Never: a task cannot pull it.",
    ),
    "C808": Page(
        "0 5 * * * docker compose run --rm app bin/report",
        _GOOD,
        "Where the image was answered for in the review, with its variables.",
    ),
    "C809": Page(
        "0 5 * * * docker run --rm registry.example.com/app:1 bin/report $HOME/in.csv",
        _GOOD,
        "Where the image's shell puts the same value in its place.",
    ),
}
