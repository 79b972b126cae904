"""The line that says what is waited for: what stands on the terminal after each thing that happens."""

from __future__ import annotations

import io
import threading

from migrate.terminal.waiting import Waiting, called, waiting


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def on_screen(text: str) -> str:
    """What a terminal shows of one line: a carriage return goes back to its beginning."""
    line: list[str] = []
    at = 0
    for char in text:
        if char == "\r":
            at = 0
        else:
            line[at : at + 1] = [char]
            at += 1
    return "".join(line).rstrip()


def test_the_line_after_each_thing_that_happens() -> None:
    stream, clock = io.StringIO(), Clock()
    line = Waiting(stream, True, clock)
    line.at("reading the workspace")
    assert on_screen(stream.getvalue()) == "reading the workspace"
    line.at("asking AWS")
    assert on_screen(stream.getvalue()) == "asking AWS"
    for seconds, wanted in ((0.01, "asking AWS"), (0.1, "asking AWS: 2 calls"), (0.01, "asking AWS: 2 calls")):
        clock.now += seconds
        line.call()
        assert on_screen(stream.getvalue()) == wanted
    line.end()
    assert on_screen(stream.getvalue()) == ""
    assert stream.getvalue().endswith("\r")
    line.call()
    assert on_screen(stream.getvalue()) == ""


def test_nothing_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    line = Waiting(stream, False, Clock())
    line.at("asking AWS")
    line.call()
    line.end()
    assert stream.getvalue() == ""


def test_no_call_is_lost_among_threads() -> None:
    line = Waiting(io.StringIO(), False, Clock())
    line.at("asking AWS")

    def work() -> None:
        for _ in range(200):
            line.call()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert line._calls == 1_600


def test_a_call_counts_on_the_line_that_is_shown_now() -> None:
    called()
    with waiting("a") as first:
        called()
        with waiting("b") as second:
            called()
            called()
        called()
    called()
    assert (first._calls, second._calls) == (2, 2)
