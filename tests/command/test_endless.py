"""Loops that nobody ends: a service, and no scheduled task; and loops that end, of which nothing of the kind is said."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from converters.commands.endless import endless_loops
from converters.commands.hidden import hidden_in
from tests.test_worlds import effect

FOR_EVER = """
while true; do a; sleep 5; done
while :; do a; done
while [ 1 ]; do a; done
while [ true ]; do a; done
while test 1; do a; done
until false; do a; done
while ! false; do a; done
while sleep 5; do a; done
cd /srv && while true; do a; done
if b; then while true; do a; done; fi
(while true; do a; done)
sh -c 'while true; do a; sleep 5; done'
a; while true; do for x in 1 2; do a; done; done
for f in 1; do while :; do a; done; done
"""
FOR_EVER_IN_BASH = """
for ((;;)); do a; done
for (( i=0; ; i++ )); do a; done
while [[ 1 ]]; do a; done
while ((1)); do a; done
"""
ENDS = """
while a; do b; done
until a; do sleep 10; done
while true; do a || break; done
while true; do a && exit; sleep 1; done
while [ $n ]; do a; done
while [ -f /srv/x ]; do a; done
while true; do echo y; done | head -5
(while true; do a; done) & sleep 1; kill $!
while true; do a; done & b
while false; do a; done
until true; do a; done
for x in 1 2; do a; done
while read l; do a; done < /dev/null
while true; do if b; then return; fi; done
while true; do kill $$; done
f() { while true; do a; done; }; b
while true && a; do b; done
while sleep; do a; done
"""


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("text", _lines(FOR_EVER + FOR_EVER_IN_BASH))
def test_a_loop_that_nobody_ends_is_a_service(text: str) -> None:
    found = effect(text)
    assert "C463" in {one.code for one in found.findings}
    assert found.fate == "decide"
    assert not hidden_in(text).always, "it has no end that a failure could be hidden by"


@pytest.mark.parametrize("text", _lines(ENDS))
def test_nothing_is_said_of_a_loop_that_ends(text: str) -> None:
    assert endless_loops(text) == ()


@pytest.mark.parametrize(
    "shell,text",
    [
        *(("dash", one) for one in _lines(FOR_EVER)),
        *(("bash", one) for one in _lines(FOR_EVER + FOR_EVER_IN_BASH)),
    ],
)
def test_what_is_told_to_never_end_does_not(shell: str, text: str) -> None:
    """In the real shell, with commands that end at once: it is still there when it is looked at."""
    harmless = "a() { /bin/true; }; b() { /bin/true; }; sleep() { [ $# -gt 0 ] && /bin/sleep 0.01; }; cd() { :; }\n"
    inner = text.replace("sh -c '", f"{shell} -c '{harmless}")
    command = [shell, "-c", harmless + inner]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.5)
        # The shells that it started run for ever too.
        os.killpg(running.pid, signal.SIGKILL)


def test_a_time_limit_ends_each_run_and_each_is_a_failed_one() -> None:
    found = effect("timeout 50 sh -c 'while true; do a; sleep 5; done'")
    assert any("a failed one" in one.message for one in found.findings if one.code == "C463")
    assert not any("a failed one" in one.message for one in effect("while true; do a; done").findings)
