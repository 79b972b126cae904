"""Container engines in command lines: what is read of `docker run`, `docker exec`, `docker compose run` and their kin."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from converters.commands.command import Understanding, understand
from converters.commands.containers.options import EXEC, RUN, by_name
from converters.commands.containers.values import architecture, cpu_units, mebibytes, mount, volume
from converters.commands.containers.wish import Container, Mount
from converters.commands.idioms.wishes import Lock, TimeLimit

HOME = {"HOME": "/root", "APP": "shop", "TOKEN": "t0"}


def read(line: str) -> tuple[Understanding, Container]:
    found = understand(line, environment=HOME)
    assert found.original == line
    assert found.container is not None, line
    return found, found.container


# line | image or container | the words inside
WORDS = """
docker run alpine:3 date                                   | alpine:3          | date
/usr/bin/docker run --rm alpine:3 date -u                  | alpine:3          | date -u
docker container run a/b:1 x                               | a/b:1             | x
sudo docker run a/b:1 x                                    | a/b:1             | x
sudo -n /usr/local/bin/docker run --rm a/b:1 x y           | a/b:1             | x y
/usr/bin/env docker run a/b:1 x                            | a/b:1             | x
nice -n 19 docker run a/b:1 x                              | a/b:1             | x
timeout 60 docker run a/b:1 x                              | a/b:1             | x
podman run --rm quay.io/a/b:1 x                            | quay.io/a/b:1     | x
podman container run docker://a/b:1 x                      | a/b:1             | x
nerdctl run a/b x                                          | a/b               | x
docker run -it --rm a/b:1 -u https://e.com --enumerate p,t | a/b:1             | -u https://e.com --enumerate p,t
docker run a/b:1                                           | a/b:1             |
docker run a/b@sha256:0123 x                               | a/b@sha256:0123   | x
docker run reg.example.com:5000/a/b:1.2-rc x               | reg.example.com:5000/a/b:1.2-rc | x
docker run docker.io/library/redis:7 redis-cli ping        | redis:7           | redis-cli ping
docker run -dit --name x --rm a/b:1 x                      | a/b:1             | x
docker run -e A=b -eB=c -e=C=d --env D=e --env=E=f a/b:1 x | a/b:1             | x
docker run --rm=true --tty=false -m 512m a/b:1 x           | a/b:1             | x
docker run -- a/b:1 x                                      | a/b:1             | x
docker run --network host -v /a:/b -w /c a/b:1 x --rm -it  | a/b:1             | x --rm -it
docker --host tcp://h:2375 run a/b:1 x                     | a/b:1             | x
docker -l warn --config /c run a/b:1 x                     | a/b:1             | x
docker run a/b:1 sh -c 'cd /app && ./x'                    | a/b:1             | ./x
docker run a/b:1 bash -lc x                                | a/b:1             | bash -lc x
docker run --entrypoint php a/b:1 cron.php                 | a/b:1             | php cron.php
docker run --entrypoint= a/b:1 php cron.php                | a/b:1             | php cron.php
docker run a/b:1 echo "$APP"                               | a/b:1             | echo shop
docker run a/b:1 exec x                                    | a/b:1             | exec x
docker run a/b:1 export x                                  | a/b:1             | export x
docker run a/b:1 'two words' "it's"                        | a/b:1             | two words|it's
A=b docker run -e A a/b:1 x                                | a/b:1             | x
docker run a/b:1 x >> /var/log/x.log 2>&1                  | a/b:1             | x
docker run a/b:1 x > /dev/null 2>&1 || true                | a/b:1             | x
docker exec web x y                                        | web               | x y
docker exec -t web php artisan schedule:run                | web               | php artisan schedule:run
docker exec -u www-data -w /app -e A=b web x               | web               | x
docker exec $(docker ps -qf name=web) x                    | web               | x
docker exec "$(docker ps -q -f name=^/web)" x              | web               | x
docker exec `docker ps -qf "name=web"` x                   | web               | x
docker exec $(docker compose -f /a/c.yml ps -q web) x      | web               | x
podman exec --user 1000 web x                              | web               | x
docker compose run --rm web x y                            | web               | x y
docker compose exec -T web x                               | web               | x
docker-compose run --rm web rake a:b                       | web               | rake a:b
cd /srv/app && docker-compose -f prod.yml exec -T web x    | web               | x
docker compose -p shop --profile jobs run --rm -T web x    | web               | x
podman-compose run web x                                   | web               | x
docker compose run web                                     | web               |
"""


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in re.split(r" \|(?: |$)", line)] for line in text.strip().splitlines()]


@pytest.mark.parametrize(("line", "place", "words"), [(row[0], row[1], row[2]) for row in table(WORDS)])
def test_words(line: str, place: str, words: str) -> None:
    found, container = read(line)
    wanted = words.split("|") if "|" in words else words.split()
    assert found.argv == tuple(wanted)
    assert (container.name if container.running or container.compose else container.image) == place


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("docker run -e A=b --env B=c=d -e C= a/b x", {"A": "b", "B": "c=d", "C": ""}),
        ("docker run -e APP a/b x", {"APP": "shop"}),
        ("docker run -e NOT_THERE -e HOME a/b x", {}),
        ("docker run -e APP=$APP -e B='x y' a/b x", {"APP": "shop", "B": "x y"}),
        ("docker run -e A=$(date) a/b x", {}),
        ("A=b docker run -e A a/b x", {"A": "b"}),
        ("export A=b; docker run -e A a/b x", {"A": "b"}),
        ("env A=b docker run -e A a/b x", {"A": "b"}),
        ("A=b docker run a/b x", {}),
        ("docker run -e 'A=*' a/b x", {"A": "*"}),
        ("docker run -e A=* a/b x", {"A": "*"}),
        ("docker exec -e A=b c x", {"A": "b"}),
        ("docker compose run -e A=b s x", {"A": "b"}),
        ("podman run --tz=Asia/Tokyo a/b x", {"TZ": "Asia/Tokyo"}),
        ("docker run a/b env B=c x", {"B": "c"}),
    ],
)
def test_variables(line: str, variables: dict[str, str]) -> None:
    """Nothing of cron's environment reaches a container but what the line names."""
    assert dict(read(line)[0].environment) == variables


@pytest.mark.parametrize(
    ("line", "user", "directory"),
    [
        ("docker run -u 1000:1000 -w /app a/b x", "1000:1000", "/app"),
        ("sudo -u deploy docker run a/b x", None, None),
        ("cd /srv && docker run a/b x", None, None),
        ("docker exec --user=www-data --workdir=/app c x", "www-data", "/app"),
        ("docker run a/b sh -c 'cd /app && x'", None, "/app"),
        ("docker run a/b su-exec app x", "app", None),
        ('docker run -u "$(id -u)" a/b x', None, None),
    ],
)
def test_user_and_directory(line: str, user: str | None, directory: str | None) -> None:
    found, _container = read(line)
    assert (found.user, found.working_directory) == (user, directory)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("docker run -m 1g --cpus 1.5 a/b x", (1024, 1536, None)),
        ("docker run --memory=512MB --platform linux/arm64/v8 a/b x", (512, None, "ARM64")),
        ("podman run --arch arm64 a/b x", (None, None, "ARM64")),
        ("docker run -m4m a/b x", (6, None, None)),
        ("docker run --platform=linux/amd64 a/b x", (None, None, "X86_64")),
        ("docker run a/b x", (None, None, None)),
    ],
)
def test_size(line: str, size: tuple[int | None, int | None, str | None]) -> None:
    _found, container = read(line)
    assert (container.memory, container.cpu, container.architecture) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1g", 1024),
        ("1.5GiB", 1536),
        ("2097152", 6),
        ("512M", 512),
        ("300g", None),
        ("x", None),
        ("0", None),
        ("-1", None),
    ],
)
def test_mebibytes(text: str, size: int | None) -> None:
    assert mebibytes(text) == size


def test_values() -> None:
    assert [cpu_units(text) for text in ("0.25", ".5", "2", "64", "x", "0")] == [256, 512, 2048, None, None, None]
    assert [architecture(text) for text in ("arm64", "linux/arm/v7", "windows/amd64", "linux/aarch64")] == [
        *("ARM64", None, None, "ARM64")
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/a:/b", Mount("/a", "/b")),
        ("/a:/b:ro", Mount("/a", "/b", "reads")),
        ("/a:/b:ro,z", Mount("/a", "/b", "reads")),
        ("data:/b:rw", Mount("data", "/b")),
        ("/b", Mount("", "/b")),
        ("${DATA:-/srv}:/b", Mount("${DATA:-/srv}", "/b")),
        ("$(pwd)/x:/b:ro", Mount("$(pwd)/x", "/b", "reads")),
    ],
)
def test_volumes(text: str, wanted: Mount) -> None:
    assert volume(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("type=bind,source=/a,target=/b", Mount("/a", "/b")),
        ("type=bind,src=/a,dst=/b,readonly", Mount("/a", "/b", "reads")),
        ("source=v,destination=/b,ro=true", Mount("v", "/b", "reads")),
        ("type=tmpfs,destination=/b", Mount("", "/b")),
    ],
)
def test_mounts(text: str, wanted: Mount) -> None:
    assert mount(text) == wanted


def test_places_of_the_host_count_from_where_the_line_stands() -> None:
    sources = [read(f"cd /srv/app && docker run -v {one}:/x a/b y")[1].mounts[0].source for one in PLACES]
    assert sources == ["/srv/app", "/srv/app", "/srv/app/data", "/srv/app/data", "/root/x", "named"]


PLACES = ("$PWD", "$(pwd)", "./data", '"$(pwd)/data"', "~/x", "named")

# What no ecs.yml says: line | the kinds of what is told
TOLD = """
docker run -it a/b x                         | terminal
docker run -ti a/b x                         | terminal
docker run -i -t a/b x                       | terminal
docker exec -it c x                          | terminal
docker run -t a/b x                          |
docker run -i a/b x                          |
docker run -dit a/b x                        |
podman run -it a/b x                         |
docker-compose exec web x                    | terminal
docker-compose exec -T web x                 |
docker-compose run web x                     |
docker compose exec web x                    |
docker run --privileged a/b x                | privilege
docker run --device /dev/ttyUSB0 a/b x       | privilege
docker run --pid host a/b x                  | privilege
docker run --pid=private a/b x               |
docker run --gpus all a/b x                  | privilege
docker run --cap-add NET_ADMIN a/b x         | option
docker run --cap-add=SYS_PTRACE a/b x        |
docker run --shm-size 1g a/b x               | option
docker run --add-host db:10.0.0.1 a/b x      | option
docker run --dns 1.1.1.1 a/b x               | option
docker run -m 999g a/b x                     | option
docker run --platform linux/arm/v7 a/b x     | privilege
docker -H ssh://h run a/b x                  | option
docker run --network shop_default a/b x      | network
docker run --network container:db a/b x      | network
docker run --net host a/b x                  |
docker run --network bridge a/b x            |
docker run --link db:mysql a/b x             | network
docker run --volumes-from data a/b x         | volume
docker run --restart always -d a/b x         | lives on
docker run -d a/b                            | lives on
docker run -d a/b x                          |
docker run --restart no a/b x                |
docker run localhost:5000/a x                | image
docker run 0123456789ab x                    | image
docker run a/b x $(date +%F)                 | expansion
docker run -e A=$(date +%F) a/b x            | expansion
docker run $IMAGE x                          | expansion
docker exec db dump \\| gzip > /b/x.gz       | beside
zcat /b/x.gz \\| docker exec -i db mysql shop | beside
. /etc/env; docker run -e A a/b x            | beside
docker run a/b x && curl -fsS https://h.io/1 | beside
docker run --name n a/b x                    | terminal
docker run --ulimit nofile=1024 --read-only --init --stop-timeout 5 --log-driver none --tmpfs /t --pull always a/b x |
"""


@pytest.mark.parametrize(
    ("line", "kinds"), [(row[0].replace("\\|", "|"), row[1] if len(row) > 1 else "") for row in table(TOLD)]
)
def test_what_is_told(line: str, kinds: str) -> None:
    assert " ".join(one.kind for one in read(line)[1].told) == kinds


@pytest.mark.parametrize(
    "line",
    [
        "docker ps",
        "docker run",
        "docker run --rm",
        "docker run --nonsense a/b x",
        "docker run $OPTS a/b x",
        "docker run a/b x; docker run c/d y",
        "docker exec a x && docker exec b y",
        "docker run --env-file=$(docker inspect x) a/b x",
        "docker run $(docker build -q .) x",
        "docker start -a x",
        "docker exec web",
        "for i in 1 2; do docker run a/b $i; done",
        "docker > /x run a/b",
        "docker compose up -d",
        "docker-compose down",
        "docker run 'a b' x",
        "echo docker run a/b x",
        "docker system prune -f",
        "kubectl exec web -- x",
    ],
)
def test_what_stays_as_it_was(line: str) -> None:
    found = understand(line, environment=HOME)
    assert found.container is None
    assert found.original == line


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("docker run --name n a/b x", "C491"),
        ("docker rm n && docker run --name n a/b x", ""),
        ("docker run --name n a/b x; docker rm n", ""),
        ("docker container prune -f; docker run --name n a/b x", ""),
        ("docker rm -f n; docker run --name n a/b x", "C805"),
        ("docker stop n; docker rm n; docker run --name n a/b x", "C805"),
        ("docker rm -f n 2>/dev/null || true; docker run --rm --name n a/b x", "C805"),
    ],
)
def test_a_name_that_the_text_itself_frees(line: str, code: str) -> None:
    found = understand(line)
    told = {one.kind: one.subject for one in found.container.told} if found.container is not None else {}
    assert ("terminal" in told) == (code == "C491")
    assert ("beside" in told) == (code == "C805")
    assert (found.lock is None) == bool(code)


def test_a_name_is_a_lock_and_a_time_limit_a_limit() -> None:
    assert read("docker run --rm --name n a/b x")[0].lock == Lock("container", "n", "skip", conflict_exit=125)
    assert read("flock -n /l docker run --rm --name n a/b x")[0].lock == Lock("flock", "/l", "skip")
    assert read("docker run --rm --name n-$(date +%s) a/b x")[0].lock is None
    assert read("docker run --name n a/b x")[0].lock is None
    assert read("podman run --timeout 60 a/b x")[0].timeout == TimeLimit(60)


def _help(*command: str) -> dict[str, bool]:
    """Option -> whether it takes a value, as the tool's own help says."""
    tool = shutil.which(command[0])
    if tool is None:
        pytest.skip(f"no {command[0]} here")
    text = subprocess.run(
        [tool, *command[1:], "--help"], capture_output=True, text=True, timeout=30, check=False
    ).stdout
    found = {}
    for short, name, rest in re.findall(r"^ {2,6}(?:(-\w), )?(--[\w-]+)(.*)$", text.partition("Options:")[2], re.M):
        valued = bool(re.match(r" \S", rest))
        found |= {one: valued for one in (short, name) if one}
    return found


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (("docker", "run"), RUN),
        (("docker", "exec"), EXEC),
        (("podman", "run"), RUN),
    ],
)
def test_options_are_those_of_the_tools(command: tuple[str, ...], options: tuple) -> None:  # type: ignore[type-arg]
    """An option that is taken for a flag while it has a value would make its value the image."""
    known = by_name(options)
    said = _help(*command)
    assert [name for name, valued in said.items() if name != "--help" and name not in known] == []
    assert [name for name, valued in said.items() if name in known and known[name].valued != valued] == []
