"""Pages of what is said of systemd's timers and the services that they start: C140 to C146, C230 to C232."""

from __future__ import annotations

from converters.findings.pages.page import Files, Page

_SERVICE = "etc/systemd/system/app.service"
_TIMER = "etc/systemd/system/app.timer"
_DAILY = "[Timer]\nOnCalendar=daily"
_PLAIN = "[Service]\nType=oneshot\nExecStart=/opt/app/report"
_PASSWD = ("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
_WANTED = ("etc/systemd/system/timers.target.wants/app.timer", f"{_DAILY}\n")
_BESIDE_SERVICE: Files = (_PASSWD, _WANTED, (_TIMER, f"{_DAILY}\n"))
_BESIDE_TIMER: Files = (_PASSWD, _WANTED, (_SERVICE, f"{_PLAIN}\n"))


def _of_service(bad: str, ignore: str) -> Page:
    return Page(f"{_PLAIN}\n{bad}", _PLAIN, ignore, at=_SERVICE, host=_BESIDE_SERVICE)


def _of_timer(bad: str, ignore: str) -> Page:
    return Page(f"{_DAILY}\n{bad}", _DAILY, ignore, at=_TIMER, host=_BESIDE_TIMER)


PAGES = {
    "C140": Page(
        "[Service]\nType=oneshot\nExecStart=/opt/app/report --machine %m",
        "[Service]\nType=oneshot\nExecStart=/opt/app/report --unit %n",
        "Never: the task would be handed the two characters.",
        at=_SERVICE,
        host=_BESIDE_SERVICE,
    ),
    "C141": _of_service("Group=adm", "Where the job does without what the setting gave it."),
    "C142": Page(
        "[Service]\nType=forking\nExecStart=/opt/app/server --daemon",
        _PLAIN,
        "Where the program ends by itself although the unit says otherwise.",
        at=_SERVICE,
        host=_BESIDE_SERVICE,
    ),
    "C143": _of_service("RemainAfterExit=yes", "Where the job is meant to run at each of its times."),
    "C144": _of_service(
        "ExecCondition=/opt/app/is-due", "Where the condition holds in the image whenever the job starts."
    ),
    "C145": _of_service("Nice=10", "Always: a task is alone in its place."),
    "C146": Page(
        _DAILY,
        _DAILY,
        "Where the timer was switched off on purpose.",
        at=_TIMER,
        host=(_PASSWD, (_SERVICE, f"{_PLAIN}\n"), ("etc/crontab", "0 5 * * * root /opt/app/tidy\n")),
        good_host=_BESIDE_TIMER,
    ),
    "C230": _of_timer(
        "OnBootSec=10min", "Where the start after a boot only made up for the time that the host was down."
    ),
    "C231": _of_timer("Persistent=true", "Always: nothing has to be made up for while EventBridge starts the job."),
    "C232": _of_timer(
        "RandomizedDelaySec=30min", "Where the minute does not matter, or the delay only spread many hosts."
    ),
}
