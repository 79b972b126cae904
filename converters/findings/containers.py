"""What a job asks of a container engine, and what becomes of it: C80x."""

from __future__ import annotations

from converters.findings.code import Code

CODES = (
    Code(
        "C800",
        "info",
        "container as the line starts it",
        "Image, command, variables, user, directory and size of the container stand in the line, and ecs.yml has them. What a "
        "task has no use for is gone.",
    ),
    Code(
        "C801",
        "warning",
        "container that runs already",
        "`exec` works in a running container: with its variables, its files as they are then, its processes and its localhost. "
        "A task is a container of its own. Name the image, give it the same variables and addresses, or let the service do "
        "the work itself.",
    ),
    Code(
        "C802",
        "warning",
        "host's disk in a container",
        "The line gives the container a directory or a volume of this host. A task begins with an empty disk there: mount EFS "
        "at that path, work on S3, or put what is only read into the image.",
    ),
    Code(
        "C803",
        "warning",
        "name that only the container engine knows",
        "Containers of one network call each other by name, and the engine answers. A task asks the VPC's name server: give "
        "it the real addresses by its variables.",
    ),
    Code(
        "C804",
        "warning",
        "container that is given the host",
        "Fargate takes no privileged container, no device, no socket of the engine and no namespace of a host. Keep the job on "
        "a host, or on EC2 capacity of ECS.",
    ),
    Code(
        "C805",
        "warning",
        "shell text around a container",
        "Cron's shell ran it on the host, beside the container; now the shell of the image runs all of it. The image must hold "
        "these programs, and its ENTRYPOINT must hand a command on.",
    ),
    Code(
        "C806",
        "warning",
        "option that no task has",
        "Fargate has no setting for it, so the container starts without. See whether the job needs it.",
    ),
    Code(
        "C807",
        "warning",
        "image that only this host has",
        "A task pulls its image from a registry at each start. Push the image to ECR, and name it so.",
    ),
    Code(
        "C808",
        "warning",
        "service of a compose file",
        "The image, the variables and the volumes of the service stand in the compose file, which was not read. Scan the tree "
        "that holds it, or answer for the image.",
    ),
    Code(
        "C809",
        "warning",
        "word that the host's shell fills in",
        "Cron's shell filled it in on the host before the container began. In a task the image's own shell does, by the "
        "image's own programs and variables; write the value out where it never changes.",
    ),
)
