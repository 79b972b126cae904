"""The ECS cluster: made where there is none of its name, and never changed."""

from __future__ import annotations

from migrate.aws.ownership import Tags
from migrate.aws.session import Aws
from migrate.aws.settling import settled
from migrate.aws.shared import listed
from migrate.aws.steps import Step

PROVIDERS = ["FARGATE", "FARGATE_SPOT"]


def plan(aws: Aws, name: str, tags: Tags) -> Step:
    """An existing cluster is used as it is, whoever made it."""
    found = aws.client("ecs").describe_clusters(clusters=[name])["clusters"]
    if any(cluster.get("status") == "ACTIVE" for cluster in found):
        return Step("cluster", name, "same")

    def write(aws: Aws, made: object) -> None:
        create = aws.client("ecs").create_cluster
        # ECS makes its linked role in the same call, and may not see it yet in an account that never used it.
        settled(create, clusterName=name, capacityProviders=PROVIDERS, tags=listed(tags, lower=True))

    return Step("cluster", name, "add", write=write, note="Fargate")
