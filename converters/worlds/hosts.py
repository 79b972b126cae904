"""What the host's own files make of a job: a package's own job, one that never runs there, one of a user that is not there."""

from __future__ import annotations

from dataclasses import replace

from converters.findings.codes import OF_IMAGE, Finding
from converters.hosts.package_jobs import job_of_package
from converters.hosts.packages import Owner
from converters.worlds.answer import Answer
from converters.worlds.fates import Effect
from converters.worlds.senses import is_administrators


def of_package(effect: Effect, path: str, owner: Owner) -> Effect:
    """The effect of a job whose file a package brought. A file that somebody has edited since may hold more than the package's
    own work, so there the work decides, and the package is only named."""
    name = owner.package
    known = job_of_package(name)
    if owner.removed:
        message = f"`{path}` was left by the package {name}, which is removed: what it served is gone."
        return without_work(effect, message, Finding("C482", message))
    about = f": it {known.about}" if known is not None else ": it serves this host"
    if owner.changed:
        message = (
            f"`{path}` belongs to the package {name}{about}; it was edited here, so compare it with the package's own."
        )
        fate = "decide" if effect.fate == "move" else effect.fate
        reasons = effect.reasons or (message,)
        return replace(
            effect, fate=fate, reasons=reasons, proof="open", findings=(*effect.findings, Finding("C482", message))
        )
    instead = known.instead if known is not None else "It stays with the package, and ends with the host."
    message = f"`{path}` is the package {name}'s own job{about}. {instead}"
    fate = known.fate if known is not None else "stay"
    return replace(
        effect,
        fate=fate,
        reasons=(message,),
        proof="open",
        findings=(Finding("C482", message), *(one for one in effect.findings if fate == "decide")),
        open_image=effect.open_image if fate == "decide" else (),
    )


def at_boot(effect: Effect) -> Effect:
    """The effect of a job that starts with its machine: a task starts by the clock, a service runs for ever, and only a person
    knows which of both is meant."""
    # What root's or the device's own user has lying there and runs at boot sets the machine up; no clock job of an application
    # begins so.
    sets_up = next((one.need.subject for one in effect.answers if one.need.role == "runs" and _unread(one)), None)
    if effect.fate == "decide" and sets_up is not None:
        why = (
            f"It starts when its machine boots, and `{sets_up}` lies where that machine's administrator keeps scripts."
        )
        findings = tuple(one for one in effect.findings if one.code not in ("C493", OF_IMAGE))
        return replace(
            effect, fate="stay", reasons=(why,), proof="open", findings=(Finding("C479", why), *findings), open_image=()
        )
    if effect.fate != "move":
        return effect
    return replace(
        effect, fate="decide", reasons=("It starts when its machine boots, which no task does.",), proof="open"
    )


def _unread(one: Answer) -> bool:
    return one.code == "C493" and is_administrators(one.need.subject)


def without_work(effect: Effect, why: str, finding: Finding | None = None) -> Effect:
    """The effect of a job that does nothing on its host: nothing is lost with it. Whose it is stays said."""
    whose = tuple(one for one in effect.findings if one.code == "C482")
    findings = whose if finding is None else (*whose, finding)
    return replace(effect, fate="drop", reasons=(why,), proof="open", findings=findings, open_image=())
