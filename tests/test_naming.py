"""Names: from meaning, valid on AWS, unique, and without a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.naming import LONGEST, Wanted, job_id, job_name, unique_names
from tests.test_secrets import planted, shapes

VECTORS = Path(__file__).parent / "vectors" / "names.txt"
VALID = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
TABLE = [row.split(" | ", 1) for row in VECTORS.read_text("utf-8").splitlines() if row and not row.startswith("#")]


def test_table_is_long_enough() -> None:
    assert len({command for _, command in TABLE}) >= 60


@pytest.mark.parametrize(("name", "command"), TABLE, ids=lambda text: text[:50])
def test_name_from_meaning(name: str, command: str) -> None:
    assert job_name(command) == name


def test_what_an_owner_calls_it_is_its_name() -> None:
    assert job_name("/bin/sh -c 'run'", given="nightly billing") == "nightly-billing"
    assert job_name("/srv/a", given="rotate keys") == "rotate-keys"
    assert job_name("/srv/backup", given="cron job") == "backup"  # that says nothing
    assert job_name("/srv/backup", given="7f3c9a1e0b2d4c6f") == "backup"
    assert job_name("/srv/backup", given="token=Tr0ub4dor8Zanzibar77") != "token-tr0ub4dor8zanzibar77"


def test_variables_of_the_table_are_read() -> None:
    assert job_name("$APP/bin/tidy", variables={"APP": "/srv/shop"}) == "tidy"
    assert job_name("$APP/run.sh", variables={"APP": "/srv/shop"}) == "shop-run"
    assert "hunter" not in job_name("/srv/x $DB_PASSWORD", variables={"DB_PASSWORD": "hunter2horse"})


def test_a_word_that_says_nothing_gets_the_name_of_its_file() -> None:
    assert job_name("/usr/local/bin/run", table="billing") == "billing-run"
    assert job_name("/usr/local/bin/backup", table="billing") == "backup"
    assert job_name("true", table="billing") == "billing"


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


@given(commands, st.one_of(st.just(""), st.text(max_size=30)))
def test_name_is_always_valid(command: str, given_name: str) -> None:
    name = job_name(command, given=given_name, table="x")
    assert VALID.fullmatch(name)
    assert len(name) <= LONGEST


@given(st.lists(st.tuples(commands, st.text("0123456789,-*/ sunmotwehrfria", max_size=120)), max_size=8))
def test_names_told_apart_are_valid(jobs: list[tuple[str, str]]) -> None:
    """By schedules of any length, too: a suffix of sixty characters left a name of sixty-six."""
    wanted = [(str(at), Wanted("jo", command, schedule)) for at, (command, schedule) in enumerate(jobs)]
    wanted += [
        ("twin", Wanted("jo", "x", "25,6 11,21 5,8 * " + ",".join(["sun", "tue", "wed", "fri"] * 9))),
        ("t2", Wanted("jo", "x", "1 * * * *")),
    ]
    names = unique_names(wanted, {})
    assert len(set(names.values())) == len(names)
    assert all(VALID.fullmatch(name) and len(name) <= 64 for name in names.values()), names


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


CLASHES = [
    # commands and schedules -> names, whatever their order
    ([("/x/backup --foo", "0 1 * * *"), ("/x/backup --bar", "0 2 * * *")], ["backup-foo", "backup-bar"]),
    ([("/x/run 001", "0 1 * * *"), ("/x/run 002", "0 1 * * *")], ["x-run-001", "x-run-002"]),
    ([("/x/tidy", "30 4 * * 6"), ("/x/tidy", "@hourly")], ["tidy-0430-sat", "tidy-hourly"]),
    ([("/x/tidy", "0 4 * * *"), ("/x/tidy", "* * * * *")], ["tidy-0400", "tidy-1min"]),
    ([("/x/tidy -B", "@reboot"), ("/x/tidy", "*/10 * * * *")], ["tidy-reboot", "tidy-10min"]),
    ([("sleep 30; /x/tidy", "* * * * *"), ("/x/tidy", "* * * * *")], ["tidy-30", "tidy"]),
    ([("/x/tidy", "0 1 1 * *"), ("/x/tidy", "0 1 15 * *")], ["tidy-0100-d1", "tidy-0100-d15"]),
    ([("/x/tidy", "0 1 * * *"), ("/x/tidy", "0 1 * * *")], ["tidy", "tidy-2"]),
    # what it writes to, what starts it and what asks whether to run tell nothing
    (
        [("/x/tidy > /dev/null 2>&1", "0 1 * * *"), ("/x/tidy >> /var/log/a.txt", "0 2 * * *")],
        ["tidy-0100", "tidy-0200"],
    ),
    ([("[ -x /opt/check ] && /x/tidy", "@daily"), ("/x/tidy", "@hourly")], ["tidy-check", "tidy"]),
    ([("/x/tidy --quiet", "@daily"), ("/x/tidy --no-color", "@hourly")], ["tidy-daily", "tidy-hourly"]),
    ([("/x/tidy --config /etc/a", "@daily"), ("/x/tidy", "@hourly")], ["tidy-daily", "tidy-hourly"]),
    ([("sleep 60 && /x/tidy", "@reboot"), ("/x/tidy", "@daily")], ["tidy-reboot", "tidy-daily"]),
    (
        [("date +%Y >> /l/stamp", "@daily"), ("date +%s >> /l/stamp", "@hourly")],
        ["write-stamp-daily", "write-stamp-hourly"],
    ),
    # where it works and what it is given do
    ([("cd /srv/shop && /x/tidy", "@daily"), ("cd /srv/blog && /x/tidy", "@daily")], ["tidy-shop", "tidy-blog"]),
    ([("MODE=root /x/tidy", "@daily"), ("MODE=user /x/tidy", "@daily")], ["tidy-root", "tidy-user"]),
    (
        [("/srv/a/certbot renew", "@daily"), ("/srv/bob/certbot renew", "@daily")],
        ["certbot-renew", "certbot-renew-bob"],
    ),
    ([("bash -lc 'tidy --for=mail'", "@daily"), ("sh -c 'tidy --for=web1'", "@daily")], ["tidy-mail", "tidy-web1"]),
    # a time that the name has already is not said again
    (
        [("/x/futures_5min", "*/5 9-15 * * 1-5"), ("/x/futures_5min", "@daily")],
        ["futures-5min-9-15h-mon-fri", "futures-5min-daily"],
    ),
    ([("/x/tidy", "0-59/30 * * * *"), ("/x/tidy", "0 */3 * * *")], ["tidy-30min", "tidy-3h"]),
]


@pytest.mark.parametrize(("jobs", "wanted"), CLASHES)
def test_jobs_of_one_name_are_told_apart_by_what_differs(jobs: list[tuple[str, str]], wanted: list[str]) -> None:
    asked = [(str(n), Wanted(job_name(command), command, when)) for n, (command, when) in enumerate(jobs)]
    found = unique_names(asked, {})
    assert [found[str(n)] for n in range(len(jobs))] == wanted
    if len(set(jobs)) == len(jobs):
        assert unique_names(asked[::-1], {}) == dict(list(found.items())[::-1])  # not by the order of lines


def test_the_same_line_of_two_tables_or_hosts_is_told_apart_by_these() -> None:
    def names(*wanted: Wanted) -> list[str]:
        return list(unique_names([(str(at), one) for at, one in enumerate(wanted)], {}).values())

    line = ("rnews", "rnews -U", "0 1 * * *")
    assert names(Wanted(*line, "inn"), Wanted(*line, "inn2")) == ["rnews-inn", "rnews-inn2"]
    assert names(Wanted(*line, "a", "web1"), Wanted(*line, "a", "web2")) == ["rnews-web1", "rnews-web2"]
    two = [Wanted(*line, table, host) for host in ("web1", "web2") for table in ("a1x", "b1x")]
    assert names(*two) == ["rnews-web1-a1x", "rnews-web1-b1x", "rnews-web2-a1x", "rnews-web2-b1x"]
    assert names(Wanted(*line, "123"), Wanted(*line, "124")) == ["rnews", "rnews-2"]  # a number is no name


STATEMENTS = [
    ("psql -c 'SELECT import_log()' db", "import-log"),
    ("psql -U app -c 'DELETE FROM public.sessions WHERE x' db", "purge-sessions"),
    ("psql -c 'REFRESH MATERIALIZED VIEW CONCURRENTLY mv_sales'", "refresh-mv-sales"),
    ("psql -d shop -c 'VACUUM FULL ANALYZE orders'", "tidy-orders"),
    ("mysql -e 'CALL app.close_day()' shop", "close-day"),
    ("mysql shop -e 'TRUNCATE TABLE cache'", "clear-cache"),
    ('mariadb -e "UPDATE jobs SET done = 1"', "update-jobs"),
    ("mysql -e 'INSERT INTO daily SELECT 1'", "fill-daily"),
    ("cd /srv/redmine && make dump", "redmine-dump"),
    ("cd /srv/shop/current && ./deploy.sh", "shop-deploy"),
    ("rails runner 'LunchPartner.create_mystery_lunch_for_current_month'", "lunch-partner-create-mystery-lunch"),
]


@pytest.mark.parametrize(("command", "name"), STATEMENTS)
def test_what_a_statement_does_and_where_a_vague_word_works(command: str, name: str) -> None:
    assert job_name(command) == name


STEADY = [command for _, command in TABLE if re.search(r"\b\d+\b", command)]


@pytest.mark.parametrize("command", STEADY, ids=lambda text: text[:40])
def test_a_number_more_or_less_changes_no_name(command: str) -> None:
    """``--epochs 5`` becomes 6, ``-mtime +7`` 14: the job is the same."""
    changed = re.sub(r"(?<=[ =+])\d+(?=[ ;]|$)", lambda found: str(int(found[0]) + 1), command)
    assert job_name(changed) == job_name(command)


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
