"""One job on several hosts: which lines are one, what differs between them, and what of it tells whether it runs once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.fleet import Group, fleet
from converters.commands.fleet_matching import Line, without_names
from converters.commands.host_decisions import Test
from converters.commands.naming import Wanted, unique_names


def line(host: str, text: str, *, number: int = 0, **more: object) -> Line:
    """``SCHEDULE | COMMAND`` on a host."""
    schedule, _bar, command = text.partition(" | ")
    words = tuple(command.split())
    name = f"job-{host}-{number}"
    plain = Line(name, host, "job", "app", schedule, "UTC", command, words, said=command, aliases=frozenset({host}))
    return replace(plain, **more)  # type: ignore[arg-type]


def groups(table: Mapping[str, list[str]], **more: object) -> list[Group]:
    return fleet([line(host, text, number=n, **more) for host, texts in table.items() for n, text in enumerate(texts)])


FETCH = "*/10 * * * * | /srv/feeds/fetch --all"
# What stands on each host; (kind, whether it is known how often it runs, what differs) of each group.
CASES: list[tuple[str, dict[str, list[str]], list[tuple[str, str | None, list[str]]]]] = [
    ("one host", {"web1": [FETCH, FETCH]}, []),
    ("two jobs", {"web1": [FETCH], "web2": ["*/10 * * * * | /srv/bills/send --all"]}, []),
    ("the same", {"web1": [FETCH], "web2": [FETCH]}, [("same", None, [])]),
    (
        "another time",
        {"web1": [FETCH], "web2": [FETCH.replace("10", "15")], "web3": [FETCH]},
        [("drift", None, ["schedule: */10 * * * * on web1 web3, */15 * * * * on web2"])],
    ),
    (
        "other arguments",
        {"web1": [FETCH], "web2": [FETCH + " --quiet"]},
        [("drift", None, ["arguments: /srv/feeds/fetch --all on web1, /srv/feeds/fetch --all --quiet on web2"])],
    ),
    (
        "another work of the same program",
        {"web1": ["@daily | /srv/backup.sh db"], "web2": ["@daily | /srv/backup.sh files"]},
        [],
    ),
    (
        "commands of one framework",
        {"web1": ["@daily | php artisan queue:prune"], "web2": ["@daily | php artisan report:send"]},
        [],
    ),
    (
        "shards that are all there",
        {f"web{n}": [f"@daily | /srv/x --shard {n}/3"] for n in (1, 2, 3)},
        [("shard", "each", ["arguments"])],
    ),
    (
        "shards from nought",
        {f"web{n}": [f"@daily | /srv/x --shard={n}/2"] for n in (0, 1)},
        [("shard", "each", ["arguments"])],
    ),
    (
        "a shard is missing",
        {f"web{n}": [f"@daily | /srv/x --shard {n}/3"] for n in (1, 2)},
        [("shard", None, ["arguments"])],
    ),
    (
        "one shard twice",
        {"web1": ["@daily | /srv/x --shard 1/2"], "web2": ["@daily | /srv/x --shard 1/2"]},
        [("same", None, [])],
    ),
    (
        "numbers that are no parts of a whole",
        {f"web{n}": [f"@daily | /srv/x --worker {n}"] for n in (1, 2)},
        [("shard", None, ["arguments"])],
    ),
    (
        "the host's own name",
        {"web1": ["@daily | /srv/x --node web1"], "web2": ["@daily | /srv/x --node web2"]},
        [("host", None, ["arguments"])],
    ),
    (
        "twice on each host",
        {"web1": [FETCH, FETCH.replace("*/10", "5")], "web2": [FETCH.replace("*/10", "5"), FETCH]},
        [("same", None, []), ("same", None, [])],
    ),
    (
        "more often on one host",
        {"web1": [FETCH, FETCH.replace("*/10", "5")], "web2": [FETCH.replace("*/10", "5")]},
        [("same", None, [])],
    ),
    (
        "one that drifted beside two that are the same",
        {"web1": [FETCH], "web2": [FETCH + " --quiet"], "web3": [FETCH]},
        [("drift", None, ["arguments: /srv/feeds/fetch --all on web1 web3, /srv/feeds/fetch --all --quiet on web2"])],
    ),
    (
        "a name as short as a word is no name",
        {"db": ["@daily | /srv/backup db"], "web": ["@daily | /srv/backup web"]},
        [],
    ),
]


def told(group: Group) -> list[str]:
    found = []
    for one in group.drift:
        values = (f"{value.text} on {' '.join(value.hosts)}" for value in one.values)
        found.append(f"{one.what}: {', '.join(values)}")
    return found


@pytest.mark.parametrize(("table", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_groups(table: dict[str, list[str]], wanted: list[tuple[str, str | None, list[str]]]) -> None:
    found = groups(table)
    assert [(one.kind, one.runs) for one in found] == [(kind, runs) for kind, runs, _drift in wanted]
    for group, (_kind, _runs, drift) in zip(found, wanted, strict=True):
        assert [
            text if ":" in want else text.partition(":")[0] for text, want in zip(told(group), drift, strict=True)
        ] == drift


GUARD = '@daily | [ "$(hostname)" = web1 ] && /srv/bill'
TEXT = '[ "$(hostname)" = web1 ]'


def guarded(*holds: bool | None) -> list[Group]:
    """The same guarded line on web1, web2 ..; whether its test holds there."""
    return fleet(
        [
            line(f"web{n}", GUARD, tests=(Test(TEXT, here, ""),), never=here is False)
            for n, here in enumerate(holds, start=1)
        ]
    )


@pytest.mark.parametrize(
    ("holds", "kind", "runs", "active"),
    [
        ((True, False, False), "guard", "once", ("web1",)),
        ((True, True, False), "guard", None, ("web1", "web2")),
        ((None, None), "guard", None, ()),
        ((True, None), "guard", None, ()),
        ((True, True), "same", None, ()),
        ((False, False), "same", None, ()),
    ],
)
def test_a_test_of_the_host_tells_where_it_runs(
    holds: tuple[bool | None, ...], kind: str, runs: str | None, active: tuple[str, ...]
) -> None:
    (group,) = guarded(*holds)
    assert (group.kind, group.runs, group.active) == (kind, runs, active)
    assert (group.by == TEXT) is (kind == "guard")


def test_a_test_of_a_file_is_no_question_of_the_host() -> None:
    text = "@daily | test -x /srv/x && /srv/x"
    (group,) = fleet([line(host, text, tests=(Test("test -x /srv/x", None, ""),)) for host in ("web1", "web2")])
    assert group.kind == "same"


def test_one_lock_on_a_file_system_that_hosts_share() -> None:
    (group,) = groups({"web1": [FETCH], "web2": [FETCH]}, lock="/mnt/nas/x.lock")
    assert (group.kind, group.by, group.runs) == ("lock", "/mnt/nas/x.lock", None)


def test_what_else_differs() -> None:
    lines = [
        line(
            "web1",
            FETCH,
            script="a" * 64,
            environment=(("LANG", "C"), ("A", "1")),
            variables=(("LANG", "C"), ("A", "1")),
        ),
        line("web2", FETCH, script="b" * 64, environment=(("LANG", "C"),), variables=(("LANG", "C"),), user="root"),
        line("web3", FETCH, script=None, environment=(("LANG", "C"),), variables=(("LANG", "C"),), zone="Asia/Tokyo"),
    ]
    (group,) = fleet(lines)
    assert told(group) == [
        "zone: UTC on web1 web2, Asia/Tokyo on web3",
        "user: app on web1 web3, root on web2",
        "environment A:  on web2 web3, 1 on web1",
        f"script: {'a' * 12} on web1, {'b' * 12} on web2",
    ], "a script that nobody could read is not another one"


def test_secrets_differ_and_are_not_told() -> None:
    lines = [
        replace(
            line(host, f"@daily | /srv/x --token {word}"),
            said="/srv/x --token ***",
            environment=(("PASSWORD", word),),
            variables=(("PASSWORD", "***"),),
        )
        for host, word in (("web1", "hunter1"), ("web2", "hunter2"))
    ]
    (group,) = fleet(lines)
    assert [one.what for one in group.drift] == ["arguments", "environment PASSWORD"]
    assert "hunter" not in str(group)


def test_a_copy_that_names_another_host() -> None:
    (group,) = groups({"web1": ["@daily | /srv/x --node web1"], "web2": ["@daily | /srv/x --node web1"]})
    assert group.strays == ("web2",)


def test_most_of_them_give_the_name() -> None:
    lines = [line("web1", FETCH, base="a"), line("web2", FETCH, base="b"), line("web3", FETCH, base="b")]
    assert fleet(lines)[0].name == "b"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x --node web1", "x --node {host}"),
        ("x web1.example.com:/a", "x {host}:/a"),
        ("x web10 myweb1 web1-old", "x web10 myweb1 web1-old"),
        ("/srv/web1/x", "/srv/{host}/x"),
    ],
)
def test_names_of_the_host(text: str, left: str) -> None:
    assert without_names(text, frozenset({"web1", "web1.example.com"})) == left


_HOSTS = st.sampled_from(["web1", "web2", "web3", "web4"])
_TEXTS = st.sampled_from(
    [FETCH, FETCH + " --quiet", "5 * * * * | /srv/feeds/fetch --all", "@daily | /srv/bill", "@daily | x"]
)


@given(st.lists(st.tuples(_HOSTS, _TEXTS), max_size=24))
def test_each_line_is_in_one_group_at_most_and_a_group_has_a_host_once(rows: list[tuple[str, str]]) -> None:
    lines = [line(host, text, number=number) for number, (host, text) in enumerate(rows)]
    found = fleet(lines)
    jobs = [job for group in found for job in group.jobs]
    assert len(jobs) == len(set(jobs))
    hosts = {one.name: one.host for one in lines}
    for group in found:
        assert len(group.hosts) > 1
        assert len(set(group.hosts)) == len(group.hosts)
        assert [hosts[job] for job in group.jobs] == list(group.hosts)


@given(st.lists(st.tuples(_HOSTS, _TEXTS), max_size=16))
def test_a_text_that_stands_on_two_hosts_is_never_left_alone(rows: list[tuple[str, str]]) -> None:
    lines = [line(host, text, number=number) for number, (host, text) in enumerate(rows)]
    grouped = {job for group in fleet(lines) for job in group.jobs}
    for one in lines:
        same = [other for other in lines if other.command == one.command]
        if len({other.host for other in same}) > 1 and sum(other.host == one.host for other in same) == 1:
            assert one.name in grouped


def hosted(host: str, name: str = "report") -> Wanted:
    return Wanted(name, "/srv/report", "@daily", "", host)


@pytest.mark.parametrize(
    ("known", "wanted", "names"),
    [
        # A host that comes later is told by its name, however the first one is called by now.
        ({"a": "report"}, {"a": "web1", "b": "web2"}, {"a": "report", "b": "report-web2"}),
        ({"a": "report-web1"}, {"a": "web1", "b": "web2"}, {"a": "report-web1", "b": "report-web2"}),
        (
            {"a": "nightly"},
            {"a": "web1", "b": "web2", "c": "web3"},
            {"a": "nightly", "b": "report-web2", "c": "report-web3"},
        ),
        # Once more on the same host, where nothing differs, is a number as ever; a job that is gone keeps its name.
        ({"a": "report"}, {"a": "", "b": ""}, {"a": "report", "b": "report-2"}),
        ({"gone": "report"}, {"b": ""}, {"b": "report-2"}),
        ({}, {"a": "web1"}, {"a": "report"}),
        ({}, {"a": "web1", "b": "web2"}, {"a": "report-web1", "b": "report-web2"}),
    ],
)
def test_a_second_host_is_no_number(known: dict[str, str], wanted: dict[str, str], names: dict[str, str]) -> None:
    assert unique_names([(job, hosted(host)) for job, host in wanted.items()], known) == names
