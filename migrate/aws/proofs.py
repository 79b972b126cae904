"""What a plan says of an ecs.yml held against its line: whether all that cron started is started, by counts of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from converters.schedules.zones import iso
from migrate.document.to_json import to_json
from migrate.document.told import parity_told
from migrate.terminal.language import _

if TYPE_CHECKING:
    from converters.artefact.proof import Proof
    from migrate.document.job import Pair


def proof_json(proof: Proof) -> dict[str, object]:
    """``parity`` as in the scan's JSON, null where nothing was counted (``why`` says so); ``notes`` are what counts of starts
    do not show."""
    parity = proof.parity
    return {
        "window": {"from": iso(proof.window.first), "until": iso(proof.window.until)},
        "parity": to_json(parity_told(parity)) if parity is not None else None,
        "why": proof.why or None,
        "notes": list(proof.said),
    }


def show_proof(line: Callable[[str, str], None], proof: Proof) -> None:
    """One line of counts and the first differences, unless it came from no line; and what else there is to say."""
    if proof.is_ours:
        _show_counts(line, proof)
    for said in proof.said:
        line(f"  ! {said}", "yellow")


def _show_counts(line: Callable[[str, str], None], proof: Proof) -> None:
    parity, until = proof.parity, iso(proof.window.until)[:10]
    if parity is None:
        line("  ! " + _("not compared with cron: {why}").format(why=proof.why), "yellow")
        return
    before = f"{parity.before:,}"
    if proof.starts_nothing:
        line(
            "  ! " + _("none of the {n} runs that cron makes until {date} is made").format(n=before, date=until), "red"
        )
    elif parity.exact:
        line("  = " + _("exact: the {n} runs that cron makes until {date}").format(n=before, date=until), "dim")
    else:
        told = ((parity.lost, _("{n} lost")), (parity.extra, _("{n} added")), (parity.moved, _("{n} moved")))
        counted = ", ".join(text.format(n=f"{number:,}") for number, text in told if number)
        words = _("{what} of {n} runs that cron makes until {date}")
        line("  ! " + words.format(what=counted, n=before, date=until), "yellow")
    for pair in parity_told(parity).first_differences[:2]:
        line("      " + _pair(pair), "yellow")


def _pair(pair: Pair) -> str:
    none = _("no run")
    return f"{pair.was or none} -> {pair.is_ or none}"
