"""Names: from meaning, valid on AWS, unique, and without a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.naming import LONGEST, job_id, job_name, unique_names
from tests.test_secrets import planted, shapes

VECTORS = Path(__file__).parent / "vectors" / "names.txt"
VALID = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
TABLE = [row.split(" | ", 1) for row in VECTORS.read_text("utf-8").splitlines() if row and not row.startswith("#")]


def test_table_is_long_enough() -> None:
    assert len({command for _, command in TABLE}) >= 60


@pytest.mark.parametrize(("name", "command"), TABLE, ids=lambda text: text[:50])
def test_name_from_meaning(name: str, command: str) -> None:
    assert job_name(command) == name


def test_unwrapped_words_are_read_first() -> None:
    assert job_name("anything", argv=("/opt/bin/backup.sh", "--full")) == "backup-full"
    assert job_name("anything", argv=("rails", "runner", "Ranking.aggregate")) == "ranking-aggregate"
    assert job_name("x", argv=("mysql", "--password", "Tr0ub4dor", "shop")) == "mysql-shop"


def test_framework_serves_where_there_is_no_word() -> None:
    assert job_name("true", framework="rails runner") == "rails-runner"


def test_long_name_is_cut_between_words() -> None:
    name = job_name("/opt/" + "_".join(["quarterly"] + ["reports", "summary"] * 9) + ".sh")
    assert name == "quarterly-reports-summary-reports-summary"
    assert len(job_name("/opt/" + "abcdefghij" * 4 + "klmnopqrstuvwxyz.sh")) == LONGEST


commands = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from("abz019 /.-_=:;|&<>()[]{}$@%!?*~^+,'\"`\\#\nAé"), max_size=80),
    st.sampled_from([command for _, command in TABLE]),
)


@given(commands, st.one_of(st.none(), st.lists(st.text(max_size=20), max_size=4).map(tuple)))
def test_name_is_always_valid(command: str, argv: tuple[str, ...] | None) -> None:
    name = job_name(command, argv=argv)
    assert VALID.fullmatch(name)
    assert len(name) <= LONGEST


def test_no_secret_enters_a_name() -> None:
    for _, text in shapes():
        if "«pw»" in text:
            command, _, _ = planted(text, "Zanzibar77Quux")
            name = job_name(command)
            assert "zanzibar" not in name, command
            assert "quux" not in name, command


@pytest.mark.parametrize("piece", ["$(", "((", "`", "'", '"', "\\", "a/", "$((", "a=b ", "sh -c 'a ", "sudo -u ", "x;"])
def test_hostile_command_is_named_in_no_time(piece: str) -> None:
    assert VALID.fullmatch(job_name(piece * 100_000))


ids = st.text("abc", min_size=1, max_size=3)
names = st.one_of(
    st.sampled_from(["a", "a-2", "a-3", "a-2-2", "b", "job", "x" * 48, "x" * 64]),
    st.text(max_size=70),
    st.text("ab-", max_size=5),
)


@given(
    st.lists(st.tuples(ids, names), max_size=30, unique_by=lambda pair: pair[0]),
    st.dictionaries(ids, names, max_size=8),
)
def test_names_are_unique_valid_and_kept(wanted: list[tuple[str, str]], known: dict[str, str]) -> None:
    given_names = unique_names(wanted, known)
    assert list(given_names) == [job for job, _ in wanted]
    assert len(set(given_names.values())) == len(given_names)
    assert all(re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name) for name in given_names.values())
    assert unique_names(wanted, given_names) == given_names
    for job, name in known.items():
        if re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", name) and list(known.values()).count(name) == 1:
            assert given_names.get(job, name) == name
            assert name not in [other for key, other in given_names.items() if key != job]


def test_clashes_are_counted_in_order() -> None:
    wanted = [("p", "backup"), ("q", "backup"), ("r", "backup-2"), ("s", "backup")]
    assert unique_names(wanted, {}) == {"p": "backup", "q": "backup-3", "r": "backup-2", "s": "backup-4"}


def test_new_job_above_takes_no_known_name() -> None:
    assert unique_names([("new", "backup"), ("old", "backup")], {"old": "backup", "gone": "backup-2"}) == {
        "new": "backup-3",
        "old": "backup",
    }


def test_hundred_thousand_jobs_of_one_name() -> None:
    wanted = [(str(number), "backup" if number % 2 else f"backup-{number}") for number in range(100_000)]
    assert len(set(unique_names(wanted, {}).values())) == 100_000


def test_id_is_short_and_stands_for_all_it_was_made_of() -> None:
    parts = ("/etc/crontab", "root", "backup.sh", 1)
    first = job_id(*parts)
    assert re.fullmatch("[0-9a-f]{12}", first)
    assert first == job_id(*parts)
    others = [("/etc/cron.d/x", "root", "backup.sh", 1), ("/etc/crontab", "app", "backup.sh", 1)]
    others += [("/etc/crontab", "root", "backup.sh -f", 1), ("/etc/crontab", "root", "backup.sh", 2)]
    others += [("/etc/crontab", None, "rootbackup.sh", 1), ("/etc/crontabr", "oot", "backup.sh", 1)]  # type: ignore[list-item]
    assert len({first, *(job_id(*other) for other in others)}) == 7
    assert len(job_id("/x", None, "caf\udce9", 1)) == 12
