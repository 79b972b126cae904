"""Who runs a job: cron changed to the user of the table, a task has the user of its image, unless ecs.yml names one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from converters.worlds.answer import Answer, Worlds
from converters.worlds.facts import Host, Image
from converters.worlds.need import Need

_ROOT = frozenset({"root", "0", ""})


def user_needs(user: str | None, own: str | None) -> Iterator[Need]:
    """The user that the table or its place names; not where the command itself becomes another one (``own``)."""
    if user and own is None:
        yield Need("user", user.partition(":")[0], "runs", 0, 0, "cron")


def number_of(user: str, host: Host) -> str:
    """``uid:gid`` of a user by the host's passwd, or nothing. Root is 0 everywhere (credentials(7))."""
    known = (host.users or {}).get(user)
    if known is None:
        return "0:0" if user == "root" else ""
    return f"{known.uid}:{known.gid}"


def of_user(need: Need, worlds: Worlds) -> Answer:
    """By the image's passwd where it was read; else nobody knows, and the image's own user runs it."""
    user, image = need.subject, worlds.image
    number = number_of(user, worlds.host)
    called = f"`{user}`" + (f" ({number})" if number and user != "root" else "")
    if image is None or image.users is None:
        if user in _ROOT:
            return Answer(need, "unknown", "not looked")
        message = (
            f"It ran as {called}; a container runs as its image's own user, often root, until ecs.yml has a `user`."
        )
        return Answer(need, "unknown", "not looked", "move", "C425", message, number=number)
    own = image_user(image)
    if own == user or (own in _ROOT and user in _ROOT):
        return Answer(need, "met", "image")
    if user in _ROOT:
        message = f"The table runs it as `root`, and {image.name} runs as `{own}`: what only root may do fails there."
        return Answer(need, "unmet", "image", "decide", "C426", message, number=number)
    if user in image.users:
        # By name: Debian's www-data is 33, Alpine's 82, and the files of the image belong to the image's.
        message = f"It ran as {called}, whom {image.name} knows as {image.users[user]}: `user` in ecs.yml says so."
        return Answer(need, "met", "image", "move", "C425", message)
    way = f"its number ({number})" if number else "a number"
    message = (
        f"The table runs it as `{user}`, whom the passwd of {image.name} does not know: give {way} as `user` in ecs.yml, add "
        f"`{user}` to the image, or let it run as the image's own user, `{own}`."
    )
    return Answer(need, "unmet", "image", "decide", "C426", message, number=number)


def image_user(image: Image) -> str:
    """The name of an image's USER, where its passwd knows the number; root without one."""
    own = image.user.partition(":")[0] or "root"
    if own.isdecimal():
        names = (name for name, number in (image.users or {}).items() if number == int(own))
        return next(names, "root" if own == "0" else own)
    return own


def runs_as_another(image: Image, user: str | None) -> bool:
    """Whether what starts in the image is not root: by its own USER, or by the ``user`` of ecs.yml."""
    return (user or "root") not in _ROOT or image_user(image) not in _ROOT


def user_written(answers: Iterable[Answer], image: Image | None) -> str | None:
    """The name that ``user`` of ecs.yml gets without a question: the image knows it, and runs as another by itself."""
    met = (one.need.subject for one in answers if one.need.kind == "user" and one.answer == "met")
    user = next(met, None)
    return None if user is None or image is None or user in _ROOT or image_user(image) == user else user
