"""The review itself: ask what is open, decide, show what that changes; back, skip and quit without loss."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrate.document.job import Job
from migrate.review.agenda import open_groups, open_questions, topics
from migrate.review.asking import Action, Asker, Reply
from migrate.review.book import Book
from migrate.review.cards import card, changes, group, whole_spec
from migrate.review.offered import heading
from migrate.review.questions import Question
from migrate.terminal.language import _, finding_sentence, ngettext

if TYPE_CHECKING:
    from migrate.workspace.decisions_model import Decision


@dataclass(slots=True)
class Step:
    """One step that ``back`` undoes: decisions as they stood, or questions that were passed over."""

    before: dict[str, Decision | None] = field(default_factory=dict)
    passed: frozenset[tuple[str, str]] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a review came to: questions answered and questions still open; ``ended`` by Ctrl-D or q."""

    answered: int
    open: int
    ended: bool


class Review:
    """One sitting. ``now`` is in minutes since 1970; ``only`` are the ids of the jobs meant (all, where it is empty)."""

    def __init__(self, book: Book, asker: Asker, now: int, only: Collection[str] = ()) -> None:
        self.book = book
        self.asker = asker
        self.now = now
        self.only = frozenset(only)
        self.passed: set[tuple[str, str]] = set()
        self.apart: set[tuple[str, str]] = set()
        self.steps: list[Step] = []
        self.answered = 0

    def run(self) -> Outcome:
        """Ask until nothing is open or the user ends it. Whatever ends it, what was answered is saved."""
        ended = False
        while not ended:
            question = next(open_questions(self.book, self.passed, self.apart, self.only), None)
            if question is None:
                break
            ended = not self._asked(question)
        return Outcome(self.answered, self._open(frozenset()), ended)

    def _open(self, passed: Collection[tuple[str, str]]) -> int:
        jobs = [job for job in self.book.jobs if not self.only or job.id in self.only]
        return sum(len(open_groups(topic, jobs, self.book, set(passed), self.apart)) for topic in topics())

    def _asked(self, question: Question) -> bool:
        """Ask one question until it is settled, passed over or taken apart; False to end the review."""
        self._show(question)
        last: Reply | None = None
        while True:
            reply = self.asker.ask(question, self._actions(question), last)
            match reply.action:
                case "end":
                    return False
                case "back":
                    self._back()
                    return True
                case "skip":
                    self._pass(question)
                    return True
                case "apart":
                    self._take_apart(question)
                    return True
                case "explain":
                    self._explain(question)
                case "cards":
                    self._cards(question)
                case "edit":
                    if self._edit(question):
                        return True
                case "answer":
                    if self._settle(question, reply):
                        return True
                    last = reply

    def _actions(self, question: Question) -> list[Action]:
        actions: list[Action] = ["explain", "edit", "cards"]
        if len(question.jobs) > 1:
            actions.append("apart")
        if self.steps:
            actions.append("back")
        return [*actions, "skip", "end"]

    def _show(self, question: Question) -> None:
        # An answer may close other questions, or open some: the whole is what is behind and what is open now.
        behind = sum(1 for step in self.steps if not step.apart)
        place = _("question {n} of {all}").format(n=behind + 1, all=behind + self._open(self.passed))
        if len(question.jobs) == 1:
            job = question.jobs[0]
            self.asker.heading(f"{self.book.name(job)} · {place}")
            self.asker.rows(card(job, self.book, self.now))
        else:
            self.asker.heading(_("{n} jobs").format(n=len(question.jobs)) + f" · {place}")
            self.asker.rows(group(question.jobs, self.book))
        # The card of one job has its findings already.
        on_card = {
            finding_sentence(finding) for job in question.jobs for finding in job.findings if len(question.jobs) == 1
        }
        for fact in question.facts:
            if fact not in on_card:
                self.asker.say(f"  {fact}", "yellow")

    def _explain(self, question: Question) -> None:
        self.asker.say(question.why)
        for option in question.options:
            if option.why:
                self.asker.say(f"  {option.label}: {option.why}", "dim")

    def _cards(self, question: Question) -> None:
        for job in question.jobs:
            if len(question.jobs) > 1:
                self.asker.heading(self.book.name(job))
                self.asker.rows(card(job, self.book, self.now))
            else:
                self.asker.rows(whole_spec(job, self.book))

    def _settle(self, question: Question, reply: Reply) -> bool:
        """Decide as answered; where that is not possible, say so and leave it open."""
        try:
            return self._decide(question.settle(question.option(reply.value).value, reply.text), question.jobs)
        except ValueError as error:
            self.asker.say(str(error), "red")
            return False

    def _decide(self, decided: Mapping[str, Mapping[str, object]], jobs: Collection[Job]) -> bool:
        specs = {job.id: self.book.spec(job) for job in jobs}
        self.steps.append(Step(before=self.book.settle(decided)))
        self.answered += 1
        self._differences(specs, jobs)
        return True

    def _differences(self, before: Mapping[str, dict[str, object] | None], jobs: Collection[Job]) -> None:
        """What the answer changes: the diff of the first spec, and in how many others."""
        changed = [job for job in jobs if changes(before[job.id], self.book.spec(job))]
        left = [job for job in jobs if self.book.left_out(job)]
        if left:
            self.asker.say(_("  no ecs.yml is proposed for {jobs}").format(jobs=self._names(left)), "dim")
        elif changed:
            first = changed[0]
            self.asker.say(f"  {self.book.name(first)}/ecs.yml", "dim")
            for line, style in changes(before[first.id], self.book.spec(first)):
                self.asker.say(f"  {line}", style)
            if len(changed) > 1:
                more = ngettext("  and in {n} more job", "  and in {n} more jobs", len(changed) - 1)
                self.asker.say(more.format(n=len(changed) - 1), "dim")

    def _names(self, jobs: Collection[Job]) -> str:
        names = [self.book.name(job) for job in jobs]
        more = [_("{n} more").format(n=len(names) - 5)] if len(names) > 5 else []
        return ", ".join([*names[:5], *more])

    def _back(self) -> None:
        """Undo the last step: its question is open again."""
        step = self.steps.pop()
        if step.before:
            self.book.undo(step.before)
            self.answered -= 1
        self.passed -= step.passed
        self.apart -= step.apart

    def _pass(self, question: Question) -> None:
        passed = frozenset((question.topic, job.id) for job in question.jobs) - self.passed
        self.passed |= passed
        self.steps.append(Step(passed=passed))
        self.asker.say(_("Left open: {title}").format(title=question.title), "dim")

    def _take_apart(self, question: Question) -> None:
        apart = frozenset((question.topic, job.id) for job in question.jobs)
        self.apart |= apart
        self.steps.append(Step(apart=apart))

    def _edit(self, question: Question) -> bool:
        """Decide by text; a mistake is named and the text offered again. False where nothing was decided."""
        from migrate.errors import UserError
        from migrate.workspace.decisions_model import parse_block

        text = self._edit_text(question)
        while True:
            try:
                found = self.asker.edit(text)
                if found is None:
                    return False
                text = found
                given = parse_block(text)
                if len(question.jobs) > 1:
                    decided = {job.id: dict(given) for job in question.jobs}
                else:
                    # The whole decision was in the editor, so a key that is gone is taken away.
                    job = question.jobs[0]
                    gone = {key: None for key in self.book.decision(job).plain() if key != "line"}
                    decided = {job.id: {**gone, **given}}
                return bool(given or len(question.jobs) == 1) and self._decide(decided, question.jobs)
            except UserError as error:
                self.asker.say(str(error), "red")
                return False
            except ValueError as error:
                self.asker.say(str(error), "red")
                if self.asker.ask(_again(), ["skip", "end"], None).value != "again":
                    return False

    def _edit_text(self, question: Question) -> str:
        from converters.specs.text import ecs_text
        from migrate.workspace.decisions_model import KEYS

        keys = [key for key in KEYS if key != "line"]
        head = heading(question.topic, question.jobs, self.book, self._names(question.jobs), keys)
        shown: dict[str, object] = {}
        if len(question.jobs) == 1:
            shown = {k: v for k, v in self.book.decision(question.jobs[0]).plain().items() if k != "line"}
        return head + (ecs_text(shown, schema=None) if shown else "")


def _again() -> Question:
    """Whether to go back into the editor after a mistake."""
    from migrate.review.questions import Option

    return Question(
        "again",
        "",
        (),
        _("Edit it again?"),
        "",
        (Option("again", _("yes, with what I wrote")), Option("drop", _("no, back to the question"))),
        "again",
        lambda _value, _text: {},
    )
