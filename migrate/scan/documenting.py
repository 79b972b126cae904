"""What a scan found as the document that every review and report reads."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from converters.commands.groups import Member, lock_groups, orders, twin_groups
from converters.commands.lock_names import LockPlace, harmless_lock, lock_file
from converters.commands.work import Work, lock_wish
from converters.expressions.judgement import Judgement
from converters.expressions.parity import Stretch
from converters.findings.codes import Finding
from converters.schedules.zones import iso
from converters.secrets.search import MASK, hide_words, is_secret_variable
from converters.worlds.fates import all_open
from migrate.document import job as told
from migrate.document import model
from migrate.document.shown import shown
from migrate.document.told import finding_told, fleet_told, pair_told, parity_told, target_told, way_told
from migrate.scan.scanned import ScannedJob
from migrate.scan.scanning import Scan
from migrate.scan.timers import told_line
from migrate.sources import Source

# All kinds are there even where none was met: who reads report.json need not ask for the key.
LINE_KINDS = ("job", "environment", "comment", "blank", "invalid")


def document(scan: Scan, *, spend: bool = False) -> model.Document:
    """Version 1: add to it, never bend it. ``spend``: the scan keeps only what its specs are made of."""
    settings = scan.settings
    zone, groups, image = scan.zone_name(), _groups(scan), _image(scan)
    jobs = tuple(_jobs(scan, spend=spend))
    status = Counter(job.status for job in jobs)
    return model.Document(
        timezone=zone,
        tzdata=settings.tzdata,
        window=model.ComparedWindow(first=iso(settings.window.first), until=iso(settings.window.until)),
        lines=model.LineCounts(total=scan.lines.total(), **{kind: scan.lines[kind] for kind in LINE_KINDS}),
        summary=model.Summary(
            jobs=len(jobs),
            ready=status["ready"],
            review=status["review"],
            blocked=status["blocked"],
            exact=sum(1 for job in jobs if job.parity.exact),
        ),
        jobs=jobs,
        problems=tuple(scan.problems),
        skipped=tuple(scan.skipped),
        sources=tuple(_source(*one) for one in scan.tables),
        groups=groups,
        image=image,
    )


def _image(scan: Scan) -> tuple[model.ImageNeed, ...]:
    """What the image must hold, of all jobs."""
    found = all_open(job.effect for job in scan.jobs if job.effect is not None)
    return tuple(model.ImageNeed(subject=shown(subject), jobs=jobs) for subject, jobs in found.items())


def _source(source: Source, dialect: str, dead: bool) -> model.TableRead:
    return model.TableRead(
        path=source.path,
        kind=source.kind,
        dialect=dialect,
        user=source.user,
        sha256=sha256(source.data).hexdigest(),
        dead=dead,
    )


def _groups(scan: Scan) -> model.Groups:
    """Jobs that belong together; see ``converters/commands/groups.py``."""
    jobs = [
        Member(
            job.name,
            job.source.path,
            scan.lock(job),
            job.user,
            job.schedule,
            job.entry.command,
            job.work,
        )
        for job in scan.jobs
    ]
    return model.Groups(
        locks=tuple(model.LockGroup(name=name, jobs=tuple(names)) for name, names in lock_groups(jobs)),
        twins=tuple(model.TwinGroup(jobs=tuple(names), offsets=tuple(by)) for names, by in twin_groups(jobs)),
        order=tuple(model.SuggestedOrder(job=job, after=after, why=shown(why)) for job, after, why in orders(jobs)),
        fleet=tuple(fleet_told(one, one.jobs[0] in scan.asked) for one in scan.fleet),
    )


class _Judged(NamedTuple):
    """What jobs of one judgement share."""

    target: told.ProposedTarget
    parity: told.ComparedRuns
    options: tuple[told.Way, ...]
    differences: tuple[told.DifferingDays, ...]


def _jobs(scan: Scan, *, spend: bool) -> list[told.Job]:
    """Jobs of one judgement, or of one command, share what follows: a fleet has far fewer of both than lines."""
    # By id(): all of the scan's judgements live when the first is asked for, so no id comes again among them, be some of
    # them let go meanwhile; hashing their expressions costs more.
    shared: dict[tuple[int, bool], _Judged] = {}
    worked: dict[tuple[int, str | None, told.WishedLock | None], tuple[told.CommandRead, told.Wishes]] = {}
    said: dict[tuple[Finding, ...], tuple[told.ReportedFinding, ...]] = {}
    needed: dict[int, tuple[told.AnsweredNeed, ...]] = {}
    bare: dict[tuple[int, bool], Judgement] = {}
    several = len({scan.host(job) for job in scan.jobs}) > 1
    found = []
    for job in scan.jobs:
        key = id(job.judgement), job.approximate or job.follows
        if key not in shared:
            shared[key] = _judged(job)
        # crontab(5): `MAILTO=""` means no mail at all, which is no wish.
        mailto = job.entry.environment.get("MAILTO") or None
        lock = _lock(job.work, scan.place(job)) if job.work.lock is not None else None
        work = id(job.work), mailto, lock
        if work not in worked:
            worked[work] = _command(job.work), _wishes(job.work, mailto, lock)
        if job.findings not in said:
            said[job.findings] = tuple(map(finding_told, job.findings))
        if id(job.effect) not in needed:
            needed[id(job.effect)] = _needs(job)
        found.append(
            _job(
                job,
                scan.host(job) if several else "",
                shared[key],
                *worked[work],
                said[job.findings],
                needed[id(job.effect)],
                _secrets(scan, job),
            )
        )
        if spend:
            # Half of what a scan holds, and the document has it in its own words: a fleet need not have room for both.
            job.spend(bare.setdefault(key, Judgement(job.judgement.target, None, ())))
    return found


def _judged(job: ScannedJob) -> _Judged:
    judgement = job.judgement
    # anacron's times are known to no minute, and what follows another job has none: equal counts would prove nothing.
    provable = bool(judgement.target.expressions) and not job.approximate and not job.follows
    return _Judged(
        target_told(judgement.target),
        parity_told(judgement.parity, provable),
        tuple(way_told(target, parity) for target, parity in judgement.options),
        tuple(map(_stretch, judgement.stretches)),
    )


def _job(
    job: ScannedJob,
    host: str,
    judged: _Judged,
    command: told.CommandRead,
    wishes: told.Wishes,
    findings: tuple[told.ReportedFinding, ...],
    needs: tuple[told.AnsweredNeed, ...],
    secrets: tuple[told.ReadSecret, ...] | None,
) -> told.Job:
    return told.Job(
        id=job.id,
        name=job.name,
        source=told.SourceLine(path=job.source.path, line=job.line.number, sha256=_digest(job.line.text)),
        host=shown(host) or None,
        script=job.script,
        script_sha256=job.script_sha256,
        anacron=job.anacron,
        user=job.user,
        schedule=job.entry.schedule.text,
        timezone=job.place.zone_name,
        dialect=job.place.dialect.name,
        # As it stood, with what the mask hides taken out; a part of a password in a report is still a leak.
        line=shown(job.work.shown_line(job.entry, told_line(job.source, job.line, job.entry))),
        status=job.status,
        fate=job.effect.fate if job.effect is not None else "move",
        needs=needs,
        proof=told.Proofs(
            time=_time_proof(job, judged),
            effect=job.effect.proof if job.effect is not None else "open",
        ),
        target=judged.target,
        parity=judged.parity,
        findings=findings,
        options=judged.options,
        differences=judged.differences,
        command=command,
        secrets=secrets,
        wishes=wishes,
        history=job.history,
        directives=job.directives,
        managed=_managed(job),
        image=_image_read(job),
    )


def _time_proof(job: ScannedJob, judged: _Judged) -> told.Proof:
    if job.follows:
        return "accepted"  # whoever wrote the directive has said when it starts
    # Starts exact is not runs exact: a test that is read too late stops runs whose starts were compared.
    is_late = any(one.code in ("C307", "C308") for one in job.findings)
    return "proven" if judged.parity.exact and not is_late else "open"


def _image_read(job: ScannedJob) -> told.ImageRead | None:
    read = job.image
    if read is None:
        return None
    return told.ImageRead(reference=read.name, digest=read.digest, packed=read.packed, unpacked=read.unpacked)


def _secrets(scan: Scan, job: ScannedJob) -> tuple[told.ReadSecret, ...] | None:
    """The parameters of its secrets; no value, and nothing that a value could be guessed by."""
    now, anew = scan.parameters
    if job.name not in now:
        return None
    return tuple(
        told.ReadSecret(
            variable=name, parameter=source, once=once if (once := anew[job.name][name]) != source else None
        )
        for name, source in now[job.name].items()
    )


def _managed(job: ScannedJob) -> told.OwnedLine | None:
    owned = job.owned
    if owned is None:
        return None
    owner = owned.owner
    change = shown(owned.change(job.source.path))
    return told.OwnedLine(by=owned.by, title=owner.title, name=shown(owned.name), does=owner.does, change=change)


def _needs(job: ScannedJob) -> tuple[told.AnsweredNeed, ...]:
    """Each need with its answer and what that rests on; secrets masked."""
    if job.effect is None:
        return ()
    hide = job.work.hide
    return tuple(
        told.AnsweredNeed(
            kind=one.need.kind,
            subject=shown(hide(one.need.subject)),
            role=one.need.role,
            answer=one.answer,
            evidence=one.evidence,
            note=shown(hide(one.message or one.need.note)),
            image=True if one.image and not one.need.is_only_asked else None,
            number=one.number or None,
        )
        for one in job.effect.answers
    )


def _digest(line: str) -> str:
    """SHA-256 of a line's bytes, without its newline."""
    # By bytes: the digest must hold for a line in Latin-1 too, and for whoever reckons it with sha256sum.
    return sha256(line.encode("utf-8", "surrogateescape")).hexdigest()


_Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def _shown(variables: _Pairs, secrets: frozenset[str], used: frozenset[str]) -> _Pairs:
    """Variables with their secrets masked; once for all jobs below the same ones."""
    # The name may tell (DB_PASSWORD) where the value does not, and the other way round.
    return tuple(
        (name, MASK if name in used or is_secret_variable(name, value) else shown(hide_words(value, secrets)))
        for name, value in variables
    )


def _command(work: Work) -> told.CommandRead:
    """What the command was understood to be; secrets masked, also where they stand without what shows them."""
    found = work.understanding

    def hidden(text: str) -> str:
        return shown(work.hide(text))

    own = found.container
    directory = found.working_directory if found.working_directory is not None else work.start
    return told.CommandRead(
        text=hidden(found.remaining),
        argv=tuple(map(hidden, found.argv)) if found.argv is not None else None,
        interpreter=tuple(found.interpreter),
        working_directory=hidden(directory) if directory is not None else None,
        environment=dict(_shown(tuple(work.carried.items()), work.secrets, work.used)),
        user=found.user if found.user is not None else work.user,
        framework=found.framework,
        verdict=found.verdict,
        reasons=tuple(map(hidden, found.reasons)),
        dependencies=tuple(told.Dependency(kind=need.kind, name=hidden(need.name)) for need in found.dependencies),
        heartbeat=tuple(map(hidden, found.heartbeat)),
        script=tuple(told.Dependency(kind=need.kind, name=shown(need.name)) for need in work.script.dependencies)
        if work.script is not None
        else None,
        parts=tuple(told.CommandPart(kind=part.kind, text=hidden(part.text)) for part in found.wrappers),
        files=tuple(
            told.ReadFile(
                path=shown(path), variables=one.variables, secrets=one.secrets, program=True if one.code else None
            )
            for path, one in work.files.items()
        )
        or None,
        container=hidden(own.name) if own is not None and own.image is None and own.name else None,
    )


def _wishes(work: Work, mailto: str | None, lock: told.WishedLock | None) -> told.Wishes:
    """What the job wishes beside its time: from wrappers, tests and MAILTO."""
    found = work.understanding
    limit, delay = found.timeout, found.delay
    return told.Wishes(
        lock=lock,
        timeout=told.WishedLimit(seconds=limit.seconds, kill_after=limit.kill_after) if limit is not None else None,
        delay=told.WishedDelay(kind=delay.kind, seconds=delay.seconds) if delay is not None else None,
        output=tuple(
            told.WishedOutput(kind=one.kind, target=shown(work.hide(one.target)), taken=one.taken)
            for one in found.outputs
        ),
        guards=tuple(
            told.DateTest(text=shown(work.hide(g.text)), kind=g.kind, description=g.description) for g in work.guards
        ),
        mailto=shown(mailto) if mailto is not None else None,
    )


def _lock(work: Work, place: LockPlace) -> told.WishedLock | None:
    lock = work.lock
    if lock is None:
        return None
    wish, file = lock_wish(lock, place), lock_file(lock, place)
    wait = wish.get("wait")
    return told.WishedLock(
        name=str(wish["name"]),
        file=shown(harmless_lock(file)) if file is not None else None,
        wait=wait if isinstance(wait, int | str) else None,
        shared=True if wish.get("shared") else None,
        policy=lock.policy,
        certain=lock.certain,
    )


def _stretch(stretch: Stretch) -> told.DifferingDays:
    """Days in a row with one picture; the times are those of the first day."""
    return told.DifferingDays(
        first_day=iso(stretch.first_day * 1440)[:10],
        until=iso(stretch.last_day * 1440)[:10],
        days=stretch.days,
        runs=stretch.runs,
        first=tuple(map(pair_told, stretch.differences)),
    )
