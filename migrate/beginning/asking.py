"""Five questions: region, cluster, subnets, security groups, whom to tell. What an account has is offered; all of it can be
typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from migrate.aws.inputs import usual_region
from migrate.beginning.network import Offer, Offering
from migrate.beginning.taking import MOST, Given, why_not
from migrate.errors import UserError
from migrate.review.questions import Option, Question
from migrate.terminal.language import N_, _

if TYPE_CHECKING:
    from migrate.review.asking import Action, Asker, Reply

_TYPED = "typed"
_MOST_OFFERED = 8
NOT_WRITTEN = N_("nothing was written")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the key of `Given` that it is about, the option that says the same, and how it is put."""

    key: str
    option: str
    question: Callable[[Given, Offer], Question]


def ask(asker: Asker, given: Given, keys: Sequence[str], offering: Offering) -> Given:
    """Asks what ``keys`` name; UserError where somebody leaves, as nothing is written then."""
    asked = [one for one in QUESTIONS if one.key in keys]
    at, last = 0, None
    while at < len(asked):
        one = asked[at]
        offer = offering(given.region) if one.key not in ("region", "notify") and given.region else Offer()
        question = one.question(given, offer)
        actions: list[Action] = ["explain", *(["back"] if at else []), "end"]  # type: ignore[list-item]
        reply = asker.ask(question, actions, last)
        last = None
        if reply.action == "end":
            raise UserError(_(NOT_WRITTEN), exit_code=1)
        if reply.action == "back":
            at -= 1
        elif reply.action == "explain":
            asker.say(question.why)
        elif wrong := _wrong(one, question, reply):
            asker.say(wrong, "yellow")
            last = reply
        else:
            given = _answered(one, given, offer, reply)
            at += 1
    return given


def _values(reply: Reply) -> tuple[str, ...]:
    """The ids of an option, or those that were typed, between blanks or commas."""
    text = reply.text if reply.value == _TYPED else reply.value
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _wrong(one: Asked, question: Question, reply: Reply) -> str | None:
    values = _values(reply)
    if not values:
        return _("an answer is needed here") if question.default is None else None
    if len(values) > MOST.get(one.key, 1):
        return _("{n} are the most").format(n=MOST.get(one.key, 1))
    return next((wrong for value in values if (wrong := why_not(one.option, value))), None)


def _answered(one: Asked, given: Given, offer: Offer, reply: Reply) -> Given:
    values = _values(reply)
    changed: dict[str, Any] = {one.key: values if one.key in MOST else "".join(values)}
    given = replace(given, **changed)
    if one.key == "subnets":
        # Where machines get a public address, there is no other way out.
        public = any(set(values) <= set(some.ids) for some in offer.subnets if some.public)
        given = replace(given, public=public)
    return given


def _question(key: str, title: str, why: str, options: Sequence[Option], default: str | None) -> Question:
    return Question(
        topic="init",
        key=key,
        jobs=(),
        title=title,
        why=why,
        options=tuple(options),
        default=default,
        settle=lambda _value, _text: {},
    )


def _region(given: Given, _offer: Offer) -> Question:
    usual = given.region or usual_region(given.profile)
    why = _("The region of AWS that the jobs run in, such as ap-northeast-1.")
    return _question("region", _("Which region?"), why, [Option(_TYPED, _("Region"), text=usual)], None)


def _cluster(given: Given, offer: Offer) -> Question:
    title, why = _("Which ECS cluster?"), _("One that is not there is made by register --create.")
    default = given.cluster or "cron"
    typed = Option(_TYPED, _("another") if offer.clusters else _("Cluster"), text=default)
    found = [Option(name, name) for name in offer.clusters[:_MOST_OFFERED]]
    return _question("cluster", title, why, [*found, typed], found[0].value if found else _TYPED)


def _subnets(given: Given, offer: Offer) -> Question:
    title = _("Which subnets do tasks run in?")
    why = _(
        "Tasks need a way to pull images and to write logs: subnets behind a NAT gateway or with endpoints, or public ones."
    )
    found = [
        Option(",".join(one.ids), f"{one.vpc} {_('public') if one.public else _('private')}", ", ".join(one.ids))
        for one in sorted(offer.subnets, key=lambda one: one.public)[:_MOST_OFFERED]
    ]
    typed = Option(_TYPED, _("other ids") if found else _("Ids, such as subnet-0123456789abcdef0"), text="")
    return _question("subnets", title, why, [*found, typed], None)


def _groups(given: Given, offer: Offer) -> Question:
    title, why = _("Which security groups?"), _("Nothing has to come in; what the jobs call has to let them in.")
    vpc = offer.vpc_of(given.subnets)
    here = [one for one in offer.groups if not vpc or one.vpc == vpc]
    found = [Option(one.id, one.id, one.name) for one in here[:_MOST_OFFERED]]
    typed = Option(_TYPED, _("other ids") if found else _("Ids, such as sg-0123456789abcdef0"), text="")
    return _question("security_groups", title, why, [*found, typed], None)


def _notify(_given: Given, _offer: Offer) -> Question:
    title = _("Who is told of failed runs?")
    why = _("Addresses of e-mail; each gets a mail of AWS to confirm. Slack and others are in cron2fargate.yml.")
    return _question("notify", title, why, [Option(_TYPED, _("Addresses, or nothing"), text="")], "")


QUESTIONS = (
    Asked("region", "--region", _region),
    Asked("cluster", "--cluster", _cluster),
    Asked("subnets", "--subnet", _subnets),
    Asked("security_groups", "--security-group", _groups),
    Asked("notify", "--notify", _notify),
)
