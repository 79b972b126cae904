"""An AWS inside this process (moto), so that everything can be tried with nothing leaving the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.settings.model import Environment

CAVEAT = (
    "This is a rehearsal on an AWS inside this process; nothing left the machine. It shows what would be made, and "
    "that a second run changes nothing. It is no proof that AWS accepts expressions, roles, network or image."
)

# Stand for what a fresh settings file still leaves open.
_STAND_INS = {"subnets": "subnet-0aaaaaaaaaaaaaaaa", "securityGroups": "sg-0aaaaaaaaaaaaaaaa"}
_STAND_IN_NAME = "rehearsal"
STAND_IN_SCHEDULER = "rehearsal-scheduler"
_FOREIGN = ("AWS_", "BOTO_", "MOTO_", "TEST_SERVER_MODE", "TEST_PROXY_MODE")


@contextmanager
def rehearsal(environment: Environment, specs: list[Spec]) -> Iterator[Environment]:
    """The environment to use meanwhile: without a profile, and with stand-ins for every CHANGE_ME.

    The process's own AWS variables are put aside, so that no profile, endpoint or credential of the user is touched.
    """
    with _own_variables():
        try:
            from moto import mock_aws
        except ImportError:
            raise UserError("--rehearse needs moto: pip install 'cron2fargate[rehearse]'") from None
        with mock_aws():
            usable = _filled(environment)
            _seed(usable, specs)
            yield _with_network(usable) if any(spec.service for spec in specs) else usable


@contextmanager
def _own_variables() -> Iterator[None]:
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _filled(environment: Environment) -> Environment:
    from migrate.settings.model import PLACEHOLDER, Environment

    def fill(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: fill(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [fill(key, item) for item in value]
        if isinstance(value, str) and PLACEHOLDER in value:
            return _STAND_INS.get(key) or value.replace(PLACEHOLDER, _STAND_IN_NAME)
        return value

    values = fill("", environment.model_dump(by_alias=True)) | {"profile": None}
    values["schedulerRole"] = values["schedulerRole"] or STAND_IN_SCHEDULER
    if PLACEHOLDER in environment.region:
        values["region"] = "us-east-1"
    return Environment.model_validate(values).known_as(environment.name, alone=environment.alone)


def _seed(environment: Environment, specs: list[Spec]) -> None:
    """The clusters that settings and specs name. Roles and network are looked up only when a task starts."""
    from migrate.aws.session import connect

    _check_region(environment.region)
    ecs = connect(environment, read_only=False, offline=True).client("ecs")
    names = {environment.cluster} if environment.cluster else {spec.cluster for spec in specs if spec.cluster}
    for name in sorted(filter(None, names)):
        ecs.create_cluster(clusterName=name.rpartition("/")[2])


def _with_network(environment: Environment) -> Environment:
    """The embedded AWS starts a service only in a network it has, so it gets the default one instead of the settings'."""
    from migrate.aws.session import connect

    ec2 = connect(environment, read_only=False, offline=True).client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]]
    # A job's own network is looked up there as well.
    jobs = {
        name: own.model_copy(update={"subnets": None, "security_groups": None})
        for name, own in environment.jobs.items()
    }
    return environment.model_copy(update={"subnets": subnets, "security_groups": groups, "jobs": jobs})


def _check_region(region: str) -> None:
    import boto3

    session = boto3.Session()
    known = {name for part in session.get_available_partitions() for name in session.get_available_regions("ecs", part)}
    if region not in known:
        raise UserError(f"the rehearsal knows no region '{region}'; check region in cron2fargate.yml")
