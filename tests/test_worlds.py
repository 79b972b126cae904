"""Needs, answers and fates: the same work needs the same in every syntactic form, and an expert's reading is the referee."""

from __future__ import annotations

from pathlib import Path

import pytest

from converters.commands.command import understand
from converters.worlds.answer import Worlds
from converters.worlds.facts import Image, Promise
from converters.worlds.fates import Effect, effect_of
from converters.worlds.jobs import application_of, needs_of_job, shipped_of
from converters.worlds.needs import needs_of

LABELS = Path(__file__).parent.parent / "fixtures" / "labels"

# Where the expert's label and the tool differ, and both can be argued: steering a service is "stay" to one and "drop" to the
# other; a job that is waited for in the foreground is mended, no longer a question; neither is ever called ready.
ARGUED = {"HOSTWORK", "DETACH", "MANAGED", "STATE", "EXIT"}


def effect(command: str, image: Image | None = None, promise: Promise | None = None) -> Effect:
    found = understand(command)
    needs = needs_of_job(found, {})
    worlds = Worlds(
        image=image,
        promise=promise or Promise(),
        application=application_of(found, needs),
        shipped=shipped_of(needs.needs),
    )
    return effect_of(needs, worlds)


def needed(text: str) -> set[tuple[str, str, str]]:
    return {(one.kind, one.subject, one.role) for one in needs_of(text).needs if one.role not in ("enters",)} - {
        ("program", name, "runs") for name in ("sh", "bash", "sudo", "env", "xargs", "nice")
    }


DELETES = [
    "rm -rf /srv/x/old",
    "cd /srv/x && rm -rf old",
    "cd /srv; cd x; rm -rf ./old",
    "(cd /srv/x; rm -rf old)",
    "{ cd /srv/x && rm -rf old; }",
    "if true; then cd /srv/x; rm -rf old; fi",
    "if false; then :; else rm -rf /srv/x/old; fi",
    "for f in /srv/x/old; do rm -rf $f; done",
    'for f in /srv/x/old; do rm -rf "$f"; done',
    "while true; do rm -rf /srv/x/old; break; done",
    "case a in a) rm -rf /srv/x/old;; esac",
    "D=/srv/x; rm -rf $D/old",
    'export D=/srv/x; rm -rf "${D}/old"',
    "sudo rm -rf /srv/x/old",
    "sudo -u www env A=b rm -rf /srv/x/old",
    "sh -c 'rm -rf /srv/x/old'",
    "bash -lc 'cd /srv/x && rm -rf old'",
    "nice -n 10 rm -rf /srv/x/old",
    "echo $(rm -rf /srv/x/old)",
    "f() { rm -rf /srv/x/old; }; f",
    "true && rm -rf /srv/x/old || true",
    "! rm -rf /srv/x/old",
    "eval 'rm -rf /srv/x/old'",
]


@pytest.mark.parametrize("text", DELETES)
def test_deleting_is_deleting_in_every_form(text: str) -> None:
    assert needed(text) == {("program", "rm", "runs"), ("file", "/srv/x/old", "deletes")}
    assert effect(text).fate == "decide"
    assert any(finding.code == "C485" for finding in effect(text).findings)


FINDS = [
    "find /srv/x -mtime +3 -delete",
    "find /srv/x -mtime +3 -exec rm {} \\;",
    "find /srv/x -mtime +3 -exec rm -f {} +",
    "find /srv/x -mtime +3 | xargs rm -f",
    "find /srv/x -mtime +3 -print0 | xargs -0 -r -n 10 rm",
    "find /srv/x -mtime +3 | sort | head -3 | xargs rm",
    'find /srv/x -mtime +3 | while read -r f; do rm "$f"; done',
    "rm -f $(find /srv/x -mtime +3)",
    "rm -f `find /srv/x -mtime +3`",
    "cd /srv && find x -mtime +3 -delete",
    "for f in $(find /srv/x -mtime +3); do rm $f; done",
]


@pytest.mark.parametrize("text", FINDS)
def test_deleting_what_is_listed(text: str) -> None:
    assert ("file", "/srv/x", "deletes") in needed(text)


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (
            "rsync -a --delete /a/ b:/c",
            {("file", "/a", "reads"), ("host", "b", "mirrors"), ("keys", "rsync", "asks")},
        ),
        (
            "rsync -a --delete b:/c/ /a",
            {("host", "b", "asks"), ("file", "/a", "mirrors"), ("keys", "rsync", "asks")},
        ),
        ("rsync -an --delete /a/ /c", {("file", "/a", "reads"), ("file", "/c", "reads")}),
        (
            "tar czf /b.tgz -C /srv x",
            {("file", "/b.tgz", "writes"), ("file", "/srv", "searches"), ("file", "/srv/x", "reads")},
        ),
        ("tar xzf /b.tgz -C /srv", {("file", "/b.tgz", "reads"), ("file", "/srv", "writes")}),
        ("cp -t /d /a /b", {("file", "/d", "writes"), ("file", "/a", "reads"), ("file", "/b", "reads")}),
        ("mv /a /b", {("file", "/a", "moves"), ("file", "/b", "writes")}),
        ("dd if=/dev/sda of=/b", {("file", "/dev/sda", "reads"), ("file", "/b", "writes")}),
        ("sed -i s/a/b/ /etc/x", {("file", "/etc/x", "edits")}),
        ("sed s/a/b/ /etc/x > /y", {("file", "/etc/x", "reads"), ("file", "/y", "writes")}),
        ("cut -f1 -d: /etc/passwd", {("file", "/etc/passwd", "reads")}),
        ("psql -h db.example.com -c x", {("host", "db.example.com", "asks")}),
        ("psql -c x", {("service", "PostgreSQL at localhost:5432", "asks")}),
        ("PGHOST=db.example.com psql -c x", {("host", "db.example.com", "asks")}),
        ("psql postgres://db.example.com/app", {("host", "db.example.com", "asks")}),
        ("psql 'host=db.example.com user=u dbname=x' -c x", {("host", "db.example.com", "asks")}),
        ("psql -d 'dbname=x host = db.example.com,db2' -c x", {("host", "db.example.com", "asks")}),
        ("psql 'host=localhost dbname=x' -c x", {("service", "localhost", "asks")}),
        ("psql 'host=/run/postgresql dbname=x' -c x", {("service", "/run/postgresql", "asks")}),
        ("psql 'dbname=x' -c x", {("service", "PostgreSQL at localhost:5432", "asks")}),
        ("cqlsh db.example.com -e 'describe keyspaces'", {("host", "db.example.com", "asks")}),
        ("vault login -method=userpass username=bob", {("service", "Vault at localhost:8200", "asks")}),
        ("curl -s http://127.0.0.1:9200/_x", {("service", "127.0.0.1:9200", "asks")}),
        ("curl -s http://169.254.169.254/latest/", {("metadata", "169.254.169.254", "asks")}),
        ("curl -s 'http://[fd00:ec2::254]/latest/'", {("metadata", "fd00:ec2::254", "asks")}),
        ("curl -s http://169.254.169.25/", {("host", "169.254.169.25", "asks")}),
        ("ssh web2 'rm -rf /x'", {("host", "web2", "asks"), ("keys", "ssh", "asks")}),
        ("echo a > /x && cat /x", {("file", "/x", "writes")}),
    ],
)
def test_operands_by_the_manual(text: str, needs: set[tuple[str, str, str]]) -> None:
    found = {one for one in needed(text) if one[0] != "program"}
    assert {one for one in found if not one[1].startswith("~/")} == needs


def rows() -> list[tuple[str, str, str]]:
    lines = (LABELS / "variants.tsv").read_text(encoding="utf-8").splitlines()[1:]
    table = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(row[0], row[1], row[3]) for row in table]


@pytest.mark.parametrize(("kind", "fate", "line"), rows())
def test_variants(kind: str, fate: str, line: str) -> None:
    command = line.split(None, 1)[1] if line.startswith("@") else line.split(None, 5)[5]
    found = effect(command.replace("\\%", "%"))
    if kind == "PASS":
        assert found.fate == "move"
    elif kind not in ARGUED:
        assert found.fate != "move" or "move" in fate or kind in ("HOME", "DIRECTORY")


def test_an_expert_agrees_with_most_of_it() -> None:
    """Exact agreement over the variants; a change that loses some of it must say why."""
    agreed = 0
    for _, fate, line in rows():
        command = line.split(None, 1)[1] if line.startswith("@") else line.split(None, 5)[5]
        agreed += effect(command.replace("\\%", "%")).fate in fate.split("|")
    assert agreed >= 175


def test_nobody_looked_is_never_nothing() -> None:
    found = effect("/app/bin/report --fast")
    assert found.proof == "open"
    assert found.open_image == ("/app/bin/report",)


def test_a_word_of_the_user_is_kept_as_such() -> None:
    found = effect("/app/bin/report --fast", promise=Promise(everything=True))
    assert (found.fate, found.proof) == ("move", "accepted")


def test_an_image_that_was_read_proves_or_refutes() -> None:
    image = Image("app:1", programs=frozenset({"/app/bin/report"}))
    assert effect("/app/bin/report", image).proof == "proven"
    lacking = effect("/app/bin/other", image)
    assert lacking.fate == "decide"
    assert [finding.code for finding in lacking.findings] == ["C487"]


def test_statuses_that_are_no_failure() -> None:
    assert [one.statuses for one in effect("php x.php | grep -v y").endings] == [(1,)]
    assert [one.decides for one in effect("diff /srv/app/a /srv/app/b && /srv/app/bin/run").endings] == ["guard"]
    # What is written is `if grep ..; then ..; fi`: to call 1 a success would hide a failure of the job.
    assert effect("grep -q on /srv/app/switch && /srv/app/bin/run").endings == ()
    assert effect("[ -f /srv/app/switch ] && /srv/app/bin/run").endings == ()
    assert effect("grep -q on /srv/app/switch || /srv/app/bin/run").endings == ()
    assert effect("grep x /srv/app/y; /srv/app/bin/run").endings == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("! test -e /srv/app/off && /srv/app/bin/run", ["C434"]),
        ("[ -f /srv/app/on ] && /srv/app/bin/run", ["C434"]),
        ("grep -q on /srv/app/switch && /srv/app/bin/run", ["C434"]),
        ("if grep -q on /srv/app/switch; then /srv/app/bin/run; fi", []),  # written so by its owner: nothing is changed
        ("grep -q on /srv/app/switch || /srv/app/bin/run", []),  # one of the two ends it, and neither is skipped
        ("diff /srv/app/a /srv/app/b && /srv/app/bin/run", ["C488"]),
    ],
)
def test_a_skipped_run_is_told_of(text: str, codes: list[str]) -> None:
    """Aoe_Scheduler#276: a maintenance flag in front of the job; every skipped run ends with 1."""
    assert [one.code for one in effect(text).findings if one.code in ("C434", "C488")] == codes


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("[ -x /usr/sbin/foo ] && /usr/sbin/foo run", "stay"),
        ("command -v foo >/dev/null && foo run", "stay"),
        ("/usr/bin/pgrep -f worker || /srv/app/worker", "move"),
        ("if ! /usr/bin/pgrep worker > /dev/null; then /srv/app/worker; fi", "move"),
    ],
)
def test_only_what_is_looked_for_is_a_packages_own(text: str, fate: str) -> None:
    """A test that runs a program does not look for it: `pgrep` in front of a job is no sign of a package."""
    assert effect(text).fate == fate


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("/srv/app/sync", "decide"),  # by its name it copies: asked
        ("/bin/sync", "drop"),
        ("sync", "drop"),
        ("/srv/app/bin/test", "move"),
        ("/srv/app/last", "move"),
        ("/usr/bin/last", "stay"),
        ("/home/app/service orders", "move"),
        ("/usr/sbin/service apache2 restart", "drop"),
        ("/opt/app/watch orders", "move"),
        ("./batch", "move"),
        ("/opt/mysql/bin/mysqldump shop", "decide"),  # no name that somebody gives by chance
    ],
)
def test_a_word_is_a_program_of_the_system_only_in_the_systems_directories(text: str, fate: str) -> None:
    assert effect(f"cd /srv/app && {text}" if text.startswith("./") else text).fate == fate


def test_a_test_of_the_status_is_offered_where_it_tells_the_right_one() -> None:
    told = {
        text: " ".join(one.message for one in effect(text).findings if one.code == "C488")
        for text in ("rsync -a a:/b /srv/c", "php x.php | grep -v y")
    }
    assert "[0, 24]`." in told["rsync -a a:/b /srv/c"]
    assert "`; [ $? -le 1 ]`" in told["php x.php | grep -v y"]


@pytest.mark.parametrize(
    "text",
    [
        "bundle exec rails runner X",
        "cd /srv/app && npx tsc",
        "poetry run flake",
        "uv run job",
        "bundle exec --keep-file-descriptors rake x",
    ],
)
def test_what_another_program_finds_is_not_missing_on_path(text: str) -> None:
    """Gems, node_modules and virtualenvs are not on the PATH of an image: what a list of files cannot say is asked."""
    image = Image("app:1", programs=frozenset(f"/usr/bin/{one}" for one in ("bundle", "npx", "poetry", "uv", "sh")))
    answers = effect_of(needs_of(text), Worlds(image=image)).answers
    found = next(one for one in answers if one.need.kind == "program" and one.need.note.startswith("found by "))
    assert (found.answer, found.image) == ("unknown", True)
    assert all(one.code != "C487" for one in answers if one.need.kind == "program")
