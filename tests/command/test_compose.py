"""Compose files: which are read for a call, and what they say of its service."""

from __future__ import annotations

import pytest

from converters.commands.command import Understanding, understand
from converters.commands.containers.compose import paths_of
from converters.commands.containers.wish import Compose, Container, Mount

LINE = "cd /srv/app && docker compose run --rm web"


def read(file: str, line: str = LINE, **beside: str) -> tuple[Understanding, Container]:
    """A call, with the text of its compose file, and of others (``env`` is .env, ``override`` the override)."""
    names = {"env": ".env", "override": "compose.override.yaml", "other": "other.yml"}
    texts = {"/srv/app/compose.yaml": file, **{f"/srv/app/{names[name]}": text for name, text in beside.items()}}
    found = understand(line, environment={"HOME": "/root"}, texts=texts)
    assert found.original == line
    assert found.container is not None
    return found, found.container


def web(body: str) -> str:
    return "services:\n  db: {image: postgres}\n  web:\n    image: a/b:1\n" + "".join(
        f"    {line}\n" for line in body.splitlines()
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("command: rake a:b", ("rake", "a:b")),
        ("command: ['rake', 'a b']", ("rake", "a b")),
        ('command: ["sh", "-c", "cd /app && ./x"]', ("./x",)),
        ("entrypoint: /e.sh\ncommand: a", ("/e.sh", "a")),
        ("entrypoint: [/e.sh, --x]", ("/e.sh", "--x")),
        ("", ()),
    ],
)
def test_words(body: str, words: tuple[str, ...]) -> None:
    assert read(web(body))[0].argv == words


def test_words_of_the_line_take_the_place_of_the_files() -> None:
    assert read(web("command: a"), f"{LINE} y z")[0].argv == ("y", "z")
    assert read(web("entrypoint: /e.sh\ncommand: a"), f"{LINE} y z")[0].argv == ("/e.sh", "y", "z")
    line = "cd /srv/app && docker compose run --entrypoint 'sh -x' web y"
    assert read(web("entrypoint: /e.sh"), line)[0].argv == ("sh", "-x", "y")


@pytest.mark.parametrize(
    ("body", "variables"),
    [
        ("environment: {A: b, B: 1, C: true}", {"A": "b", "B": "1", "C": "true"}),
        ("environment:\n  - A=b\n  - B=c=d\n  - GONE", {"A": "b", "B": "c=d"}),
        (
            "environment: {A: '${T}', B: '${U:-u}', C: '$${T}', D: '${T:+x}'}",
            {"A": "1.4", "B": "u", "C": "${T}", "D": "x"},
        ),
        ("environment: {A: $T$U}", {"A": "1.4"}),
        ("environment: {A: '${NOT_THERE}'}", {"A": ""}),
    ],
)
def test_variables(body: str, variables: dict[str, str]) -> None:
    assert dict(read(web(body), env="# x\nexport T=\"1.4\"\nV='a' # b\n")[0].environment) == variables


def test_the_line_beats_the_file() -> None:
    file = web("user: app\nworking_dir: /app\nenvironment: {A: b, B: c}")
    found, _container = read(file, "cd /srv/app && docker compose run -e A=z -u root -w /x web y")
    assert (dict(found.environment), found.user, found.working_directory) == ({"A": "z", "B": "c"}, "root", "/x")


@pytest.mark.parametrize(
    ("body", "mounts"),
    [
        ("volumes: [./data:/data, /etc/x:/x:ro, pg:/pg, /cache]", ["/srv/app/data", "/etc/x", "pg", ""]),
        ("volumes:\n  - {type: bind, source: ./d, target: /d, read_only: true}", ["/srv/app/d"]),
        ("volumes: ['../up:/up', '.:/app']", ["/srv/up", "/srv/app"]),
        ("tmpfs: /run", [""]),
    ],
)
def test_volumes(body: str, mounts: list[str]) -> None:
    assert [one.source for one in read(web(body))[1].mounts] == mounts


def test_a_mount_that_is_only_read() -> None:
    assert read(web("volumes: ['./a:/b:ro']"))[1].mounts == (Mount("/srv/app/a", "/b", "reads"),)


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("privileged: true", "privilege"),
        ("privileged: false", ""),
        ("devices: [/dev/snd:/dev/snd]", "privilege"),
        ("cap_add: [NET_ADMIN]", "option"),
        ("depends_on: [db]", "network"),
        ("depends_on: {db: {condition: service_healthy}}", "network"),
        ("environment: {URL: 'postgres://db/x'}", "network"),
        ("environment: {URL: 'postgres://mydb.example.com/x'}", ""),
        ("network_mode: host\ndepends_on: [db]", ""),
        ("extra_hosts: ['a:10.0.0.1']", "option"),
        ("build: .", "image"),
        ("shm_size: 1gb", "option"),
        ("restart: always\nlogging: {driver: none}\nhealthcheck: {test: x}\nlabels: [a]", ""),
    ],
)
def test_what_is_told(body: str, kinds: str) -> None:
    assert " ".join(one.kind for one in read(web(body))[1].told) == kinds


def test_size_and_processor() -> None:
    container = read(web("mem_limit: 1g\ncpus: 0.5\nplatform: linux/arm64"))[1]
    assert (container.memory, container.cpu, container.architecture) == (1024, 512, "ARM64")
    container = read(web("deploy: {resources: {limits: {memory: 2G, cpus: '2'}}}"))[1]
    assert (container.memory, container.cpu) == (2048, 2048)


def test_an_override_and_files_in_order() -> None:
    over = "services: {web: {image: 'a/b:2', environment: {B: c}}}"
    found, container = read(web("environment: [A=b]"), override=over)
    assert (container.image, dict(found.environment)) == ("a/b:2", {"A": "b", "B": "c"})
    line = "cd /srv/app && docker-compose -f compose.yaml -f other.yml run web"
    assert read(web(""), line, other=over)[1].image == "a/b:2"
    assert (
        read(web(""), override=over, line="cd /srv/app && docker-compose -f compose.yaml run web")[1].image == "a/b:1"
    )


@pytest.mark.parametrize(
    "file",
    [
        "services: {other: {image: a}}",
        "services: [web]",
        "services: {web: {extends: base}}",
        "{",
        "!!python/object/apply:os.system [id]",
        "x" * 300_000,
        "- a",
        "services: " + "[" * 5_000,
    ],
)
def test_files_that_tell_nothing(file: str) -> None:
    container = read(file)[1]
    assert container.image is None
    assert container.unread


def test_aliases_of_aliases_end() -> None:
    """A billion pairs, were each alias written out."""
    rows = (f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))
    assert read(f"a0: &a0 {{k: v}}\n{''.join(rows)}services: {{web: {{<<: *a11, image: a/b}}}}")[1].image == "a/b"


def test_exec_has_the_image_and_the_variables_of_its_service() -> None:
    found, container = read(web("command: serve\nenvironment: {A: b}"), "cd /srv/app && docker compose exec -T web x")
    assert (container.image, container.running, found.argv, dict(found.environment)) == (
        "a/b:1",
        True,
        ("x",),
        {"A": "b"},
    )


def test_where_files_are_looked_for() -> None:
    assert paths_of(Compose("web", ("/c/x.yml",))) == ("/c/x.yml", "/c/.env")
    assert paths_of(Compose("web", ("x.yml",), "/srv/app")) == ("/srv/app/x.yml", "/srv/app/.env")
    assert paths_of(Compose("web", ("x.yml",), "/srv", variables="p.env")) == ("/srv/x.yml", "/srv/p.env")
    assert paths_of(Compose("web", ("x.yml",))) == ()
    upwards = paths_of(Compose("web", directory="/srv/app"))
    assert upwards[0] == "/srv/app/compose.yaml"
    assert "/srv/docker-compose.yml" in upwards
    assert "/srv/app/.env" in upwards
