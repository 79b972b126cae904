"""Predicted against seen: whatever is planted is found, and nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from converters.history.observed import CRON_REACH, Seen, compare, pair, percentiles, resolved, share_out, streaks
from tests.effort import examples

BASE = 29_550_000
PATIENT = examples(100, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[int], list[Seen], dict[str, list[float]]]:
    """A schedule of distinct minutes six to ninety apart, and what was planted: none next to another."""
    minutes = [BASE]
    for gap in draw(st.lists(st.integers(6, 90), min_size=1, max_size=40)):
        minutes.append(minutes[-1] + gap)
    what = draw(st.lists(st.sampled_from(["run"] * 4 + ["missed", "doubled", "late", "extra", "failed"]), min_size=41))
    seen: list[Seen] = []
    truth: dict[str, list[float]] = {"missed": [], "doubled": [], "extra": [], "failed": [], "late": []}
    before = "run"
    for minute, wish in zip(minutes, what, strict=False):
        kind = "run" if before != "run" else wish
        before = kind
        at = minute * 60 + draw(st.integers(0, 3))
        if kind == "missed":
            truth["missed"].append(minute)
            continue
        if kind == "late":
            at = minute * 60 + draw(st.integers(60, 290))
            truth["late"].append(at - minute * 60)
        failed = "exit status 1" if kind == "failed" else None
        if failed:
            truth["failed"].append(at)
        seen.append(Seen(at, None, failed))
        if kind == "doubled":
            again = at + draw(st.integers(1, 60))
            truth["doubled"].append(again)
            seen.append(Seen(again))
        if kind == "extra":
            other = minute * 60 + draw(st.integers(200, 300))
            truth["extra"].append(other)
            seen.append(Seen(other))
    return minutes, draw(st.permutations(seen)), truth


@PATIENT
@given(planted())
def test_planted_changes_come_back(case: tuple[list[int], list[Seen], dict[str, list[float]]]) -> None:
    minutes, seen, truth = case
    found = compare(minutes, seen, reach=CRON_REACH)
    assert found.missed == truth["missed"]
    assert found.doubled == truth["doubled"]
    assert found.extra == truth["extra"]
    assert [at for at, _ in found.failed] == truth["failed"]
    assert sorted(late for _, late in found.matched if late >= 60) == sorted(truth["late"])
    assert found.unknown == []
    assert len(found.matched) + len(found.missed) == found.due == len(minutes)


@PATIENT
@given(st.lists(st.integers(0, 500), max_size=30), st.lists(st.floats(0, 30_000), max_size=30))
def test_pairs_are_sound(slots: list[int], starts: list[float]) -> None:
    slots, starts = sorted(slots), sorted(starts)
    found = pair(slots, starts, 300)
    assert sorted([*(slot for slot, _ in found.pairs), *found.free_slots]) == list(range(len(slots)))
    assert sorted([*(start for _, start in found.pairs), *found.free_starts]) == list(range(len(starts)))
    assert all(-5 <= starts[start] - slots[slot] * 60 <= 300 for slot, start in found.pairs)


def test_what_is_due_twice_in_a_minute_may_run_twice() -> None:
    """Debian's catch-up after a spring change starts one job twice at 03:00."""
    runs = [Seen(BASE * 60 + 1.0), Seen(BASE * 60 + 11.0)]
    found = compare([BASE, BASE], runs, reach=CRON_REACH)
    assert (len(found.matched), found.doubled, found.missed) == (2, [], [])
    assert compare([BASE], runs, reach=CRON_REACH).doubled == [BASE * 60 + 11.0]


def test_missing_runs_of_unknown_spans_are_unknown() -> None:
    minutes = [BASE, BASE + 10, BASE + 20]
    found = compare(minutes, [Seen(BASE * 60)], reach=CRON_REACH, unknown=[((BASE + 5) * 60.0, (BASE + 15) * 60.0)])
    assert (found.unknown, found.missed) == ([BASE + 10], [BASE + 20])


def test_a_start_of_either_pass_goes_where_it_was_due() -> None:
    second = Seen(BASE * 60, (BASE + 60) * 60.0)
    assert resolved([BASE + 60], [second]) == [Seen((BASE + 60) * 60.0)]
    assert resolved([BASE], [second]) == [second]
    assert resolved([], [second]) == [second]
    both = resolved([BASE, BASE + 60], [Seen(BASE * 60), second])
    assert [one.at for one in both] == [BASE * 60, (BASE + 60) * 60]


def test_shared_starts_are_given_to_who_was_due() -> None:
    dues = {"even": [BASE, BASE + 10, BASE + 20], "odd": [BASE + 5, BASE + 10]}
    starts = [Seen((BASE + minute) * 60.0 + 1) for minute in (0, 5, 10, 10, 20)]
    given_out = share_out(dues, starts, CRON_REACH)
    assert [int(one.at // 60) - BASE for one in given_out["even"]] == [0, 10, 20]
    assert [int(one.at // 60) - BASE for one in given_out["odd"]] == [5, 10]


def test_late_runs_of_aws_are_still_the_same_runs() -> None:
    found = compare([BASE, BASE + 1440], [Seen(BASE * 60 + 1800.0)], reach=3600)
    assert found.matched == [(BASE, 1800.0)]
    assert found.late == {"p50": 1800.0, "p95": 1800.0, "max": 1800.0}


def test_percentiles_are_nearest_ranks() -> None:
    assert percentiles([]) is None
    assert percentiles([float(n) for n in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "max": 100.0}
    assert percentiles([3.0, 1.0]) == {"p50": 1.0, "p95": 3.0, "max": 3.0}


def test_streaks_are_rows_among_the_due() -> None:
    assert streaks([1, 5, 9, 13], [5, 9]) == [[5, 9]]
    assert streaks([1, 5, 9, 13], [1, 9, 13]) == [[1], [9, 13]]
