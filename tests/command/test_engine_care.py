"""What only cares for a container engine beside the one call that works falls away, and nothing else does."""

from __future__ import annotations

import pytest

from converters.commands.command import understand

GONE = """
docker pull a/b:1 && docker run --rm a/b:1 x
docker pull a/b:1; docker run --rm a/b:1 x
docker pull -q a/b:1 > /dev/null; docker run --rm a/b:1 x
docker pull a/b && docker run --rm a/b:latest x
/usr/bin/docker pull a/b:1 >/dev/null 2>&1 && /usr/bin/docker run --rm a/b:1 x >> /var/log/x.log 2>&1
sudo docker pull a/b:1 && sudo docker run --rm a/b:1 x
docker image pull a/b:1 && docker container run --rm a/b:1 x
docker pull --platform linux/amd64 a/b:1 && docker run --rm a/b:1 x
docker rm -f job || true; docker run --name job --rm a/b:1 x
docker rm -f job 2>/dev/null || true && docker run --name job a/b:1 x
docker rm -f job; docker run --name job a/b:1 x
docker stop job; docker rm job; docker run --name=job a/b:1 x
docker login -u a -p $P r.example.com && docker pull a/b:1 && docker run --rm a/b:1 x
aws ecr get-login-password | docker login --username AWS --password-stdin r && docker run --rm a/b:1 x
$(aws ecr get-login --no-include-email) && docker pull a/b:1 && docker run --rm a/b:1 x
cd /srv/app && docker compose pull -q; docker compose run --rm app x
cd /srv/app && docker-compose pull && docker-compose run --rm app x
docker run --name job a/b:1 x; docker rm job
docker run --name job a/b:1 x && docker rm -f job || true
docker run --rm a/b:1 x; docker image prune -f
podman pull a/b:1 && podman run --rm a/b:1 x
flock -n /tmp/l sh -c 'docker pull a/b:1 && docker run --rm a/b:1 x'
docker pull "$IMG" && docker run --rm "$IMG" x
"""
STAYS = """
docker pull c/d:1 && docker run --rm a/b:1 x
docker rm -f other; docker run --name job a/b:1 x
docker stop web && docker run --rm a/b:1 x
docker rm -f $(docker ps -aq) ; docker run --rm a/b:1 x
docker pull a/b:1 & docker run --rm a/b:1 x
docker pull a/b:1 || docker run --rm a/b:1 x
! docker pull a/b:1 && docker run --rm a/b:1 x
docker restart web; docker run --rm a/b:1 x
docker run --rm a/b:1 x && docker run --rm a/c:1 y
"""


@pytest.mark.parametrize("text", GONE.strip().splitlines())
def test_the_container_is_the_job(text: str) -> None:
    found = understand(text)
    assert found.argv == ("x",) and found.container is not None
    assert found.original == text
    assert "C423" in {one.code for one in found.findings}


@pytest.mark.parametrize("text", STAYS.strip().splitlines())
def test_what_is_more_than_care_stays(text: str) -> None:
    assert understand(text).container is None


def test_no_password_is_repeated() -> None:
    found = understand("docker login -u a -p hunter2hunter2 r.example.com && docker run --rm a/b:1 x")
    assert not any("hunter2" in one.message for one in found.findings)
