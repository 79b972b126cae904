"""Whether the command of a task starts at all in an image that was read: ENTRYPOINT, shell, user, processor, zone data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from converters.findings.codes import Finding
from converters.images.entrypoints import SENTENCES, WAY_OUT
from converters.images.facts import Image
from converters.worlds.need import Need
from converters.worlds.users import runs_as_another

# `cpuArchitecture` is X86_64 where a task definition says nothing (API reference, RuntimePlatform).
_USUAL = "amd64"
_USES = frozenset({"runs", "reads"})


def of_start(
    image: Image, *, shell: str | None, user: str | None, directory: str | None, variables: Mapping[str, str]
) -> Iterator[Finding]:
    """What stands against a start. ``shell`` reads the command where a shell does; ``user`` is whom the command names (sudo,
    su), ``directory`` the working directory, ``variables`` those that the task is given."""
    sentence = SENTENCES.get(image.entry)
    if sentence is not None and (image.entry != "root" or runs_as_another(image, user)):
        name = image.entrypoint[0] if image.entrypoint else ""
        yield Finding("C496", f"{image.name}: {sentence.format(name=f'`{name}`')}. {WAY_OUT}")
    yield from _of_entry(image, variables)
    if user in (None, ""):
        yield from _own_user(image)
    if shell is not None and not image.has_program(shell):
        why = image.why_not(shell)
        message = f"{image.name} has no shell `{shell}`, which reads this command: the task ends before it begins."
        yield Finding("C487", f"{image.name}: `{shell}` cannot start: {why}." if why else message)
    if image.architecture not in ("", _USUAL):
        yield Finding(
            "C499",
            f"{image.name} is built for {image.architecture}, and Fargate takes X86_64 where ecs.yml says nothing: "
            f"write `architecture: {image.architecture.upper()}`, or build it for amd64 too.",
        )
    if user not in (None, "", "root") and image.users is not None and user not in image.users:
        yield Finding(
            "C487",
            f"The command runs as `{user}`, whom the passwd of {image.name} does not know: the task would end before it "
            f"begins. Add `{user}` to the image, give its number (`user: UID:GID`), or let it run as the image's own user.",
        )
    if directory and image.has_file(directory) is False:
        # A container runtime makes a working directory that is not there (runc, `cwd`), so nothing fails: it is only empty.
        yield Finding("C487", f"{image.name} has no directory `{directory}`: the task would begin in an empty one.")
    if "TZ" in variables and image.zone_data is False and variables["TZ"] not in ("", "UTC", "UTC0", "Etc/UTC", "GMT"):
        yield Finding(
            "C487",
            f"{image.name} has no zone data: `TZ={variables['TZ']}` means UTC there, and no program says so. Install tzdata, "
            "or accept it for a job that asks for no local time.",
        )


def _of_entry(image: Image, variables: Mapping[str, str]) -> Iterator[Finding]:
    """What keeps the ENTRYPOINT itself from coming to the command."""
    name = image.entrypoint[0] if image.entrypoint else ""
    start = f"{image.name}: its ENTRYPOINT `{name}`"
    why = image.why_not(name, image.working_directory) if name else None
    if why:
        yield Finding("C487", f"{start} cannot start: {why}, so no command ever does. Mend it, or set `entryPoint`.")
    if image.absent and not why:
        yield Finding(
            "C487",
            f"{start} takes `{image.absent[0]}`, which is not in the image, so no command ever starts. Put it there, or set "
            "`entryPoint`.",
        )
    unset = [one for one in image.wants if not variables.get(one) and not image.variables.get(one)]
    if unset:
        told = f"{', '.join(unset)} {'are' if unset[1:] else 'is'} not set"
        yield Finding(
            "C496",
            f"{start} ends where {told}, and the line gives nothing of it: write it under `environment` or `secrets` of "
            "ecs.yml and take this as settled, or set `entryPoint`.",
        )
    if image.lacks:
        told = f"{', '.join(image.lacks)}, which {'are' if image.lacks[1:] else 'is'} not in the image"
        yield Finding(
            "C496",
            f"{start} needs {told}, and ends before the command unless a volume brings it. Mend the image, or set "
            "`entryPoint`.",
        )


def _own_user(image: Image) -> Iterator[Finding]:
    """Whether the user that the image names is one of its own: runc looks in its passwd and group (libcontainer/user)."""
    user, _, group = image.user.partition(":")
    for name, known, what in ((user, image.users, "passwd"), (group, image.groups, "group")):
        if name and not name.isdigit() and known is not None and name not in known:
            yield Finding(
                "C487",
                f"{image.name} is to run as `{image.user}`, and its own {what} does not know `{name}`: the task would end "
                "before it begins. Mend the image, or name another `user` in ecs.yml.",
            )


def of_first(image: Image, argv: Sequence[str] | None, directory: str | None) -> Iterator[Finding]:
    """What stands against process 1 itself, where no shell starts it: the kernel takes no file without `#!` (ENOEXEC), which
    every shell, cron's own too, then reads by itself (POSIX, XCU 2.9.1)."""
    place = image.where(argv[0], directory or "") if argv else None
    if argv and image.only_from_here(argv[0], directory or ""):
        # Go's LookPath, by which runc and containerd search, takes no program that an entry like `.` or `bin` of PATH finds.
        yield Finding(
            "C487",
            f"`{argv[0]}` is found in {image.name} by an entry of PATH that does not begin with `/`: a shell takes it, a "
            f"container's runtime does not. Write `{place}`.",
        )
    if place in image.bare:
        yield Finding(
            "C487",
            f"`{place}` in {image.name} has no `#!` line: cron's shell reads such a file by itself, a container's runtime ends "
            f'with "exec format error". Give it one, or start it as `sh {place}`.',
        )


def of_own_user(image: Image, needs: Iterable[Need], directory: str | None) -> Iterator[Finding]:
    """What the user of the image may not start or read of what a job needs."""
    for need in needs:
        if need.test or need.kind not in ("program", "file") or need.role not in _USES:
            continue
        place = image.where(need.subject, directory or "") if need.kind == "program" else image.physical(need.subject)
        why = image.barred.get(place or "")
        if why:
            verb = "start" if need.role == "runs" else "read"
            yield Finding(
                "C487", f"`{need.subject}` is in {image.name}, and its user `{image.user}` may not {verb} it: {why}."
            )
