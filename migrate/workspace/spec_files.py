"""Reading the specs of a workspace. One that cannot be read or is refused is left out, and the others are done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import LeftOut, UserError
from migrate.machine.files import Where, confined, read_if_there, why_not_read
from migrate.machine.rooted import Place
from migrate.workspace.specs import LARGEST, gone_jobs, known_names, last_proposals, spec_bytes

if TYPE_CHECKING:
    from converters.specs.model import Spec


class Specs(list["tuple[str, Spec]"]):
    """(path, spec) of each job that can be worked on, the jobs that are left out, and where each path is read and written."""

    def __init__(self, specs: Sequence[tuple[str, Spec]] = (), left_out: Sequence[LeftOut] = ()) -> None:
        super().__init__(specs)
        self.left_out = list(left_out)
        self.places: dict[str, Where] = {}


def load_specs(out: Path, paths: Sequence[Where] = (), *, may_be_empty: bool = False) -> Specs:
    """The named files, or every job of the workspace that review did not leave on its host.

    UserError, exit code 2, only where nothing is left to work on (and that may not be): it has all mistakes.
    """
    files: list[Where] = list(paths) or list(spec_places(out))
    # Whoever names a file wants it, whatever review said.
    stays = set() if paths else _on_its_host(out)
    gone = {} if paths else gone_jobs(out)
    if not files:
        raise UserError(f"{out}: there is no jobs/*/ecs.yml; run 'cron2fargate scan' first, or name a file with -t")
    specs = Specs()
    for file in files:
        try:
            spec = _read(file)
            specs.places[str(file)] = file
        except UserError as error:
            specs.left_out.append(LeftOut(file.parent.name or str(file), str(error)))
            continue
        # Specs written by hand have no `legacy`, so no decision can hold for them.
        identity = str((spec.legacy or {}).get("id"))
        if identity in gone:
            specs.left_out.append(LeftOut(spec.name, _stale(str(file), spec.name, gone[identity])))
        elif identity not in stays:
            specs.append((str(file), spec))
    if not paths:
        _leave_out_misnamed(specs, set(known_names(out).values()))
    _leave_out_twins(specs)
    if may_be_empty:
        return specs
    if not specs and specs.left_out:
        mistakes = "\n".join(one.why for one in specs.left_out)
        raise UserError(f"these specs have mistakes, so nothing was done:\n{mistakes}")
    if not specs:
        raise UserError(f"{out}: every job was left on its host in review, so there is nothing to do")
    return specs


def _stale(file: str, name: str, source: str) -> str:
    return (
        f"{file}: its line is gone from {source}, so nothing says that {name} should run; remove the file (then "
        f"register --prune takes it off AWS too), or take `legacy` out of it to keep it as a job of your own"
    )


def spec_places(out: Path) -> list[Place]:
    """Where each job's ecs.yml stands, be it readable or not."""
    try:
        found = confined(out, "jobs").entries()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{out / 'jobs'}: {why_not_read(error)}") from error
    # A broken link is taken too, and what else stands in a job's place: it must be told, not passed over.
    names = set(known_names(out).values())
    return [
        file
        for one in found
        if (file := one / "ecs.yml").is_there() or (not one.is_dir() and (one.is_link() or one.name in names))
    ]


def unusable_specs(out: Path, names: Iterable[str]) -> list[LeftOut]:
    """The jobs whose ecs.yml is there and cannot be used, for the commands that work from the report.

    What is as it was proposed needs no reading: only edits, which are few, are read strictly.
    """
    proposed = last_proposals(out)
    left_out = []
    for name in names:
        place = confined(out, f"jobs/{name}/ecs.yml")
        try:
            data = spec_bytes(place)
            if data is not None and data.decode("utf-8", "replace").replace("\r\n", "\n") != proposed.get(name):
                spec = _parsed(data, place)
                if spec.name != name:
                    raise UserError(_misnamed(str(place), spec.name, name))
        except UserError as error:
            left_out.append(LeftOut(name, str(error)))
    return left_out


def _read(file: Where) -> Spec:
    if isinstance(file, Path) and file.is_dir():
        raise UserError(f"{file}: this is a directory; name the ecs.yml in it")
    data = read_if_there(file, LARGEST)
    if data is None:
        raise UserError(f"{file}: there is no such file; name the ecs.yml of a job")
    return _parsed(data, file)


def _parsed(data: bytes, file: Where) -> Spec:
    from converters.specs.model import SpecErrors, load_spec

    try:
        return load_spec(data.decode("utf-8"), str(file))
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    except SpecErrors as error:
        raise UserError(str(error)) from None


def _leave_out_twins(specs: Specs) -> None:
    """Two files of one name: neither is taken, for nobody can tell which is meant."""
    by_name: dict[str, list[str]] = {}
    for path, spec in specs:
        by_name.setdefault(spec.name, []).append(path)
    for name, paths in by_name.items():
        if len(paths) > 1:
            specs.left_out.append(
                LeftOut(name, f"{', '.join(paths)}: several ecs.yml are named {name}; names must differ")
                # The name is that of the resources on AWS: the second would overwrite the first at each register.
            )
            specs[:] = [one for one in specs if one[1].name != name]


def _leave_out_misnamed(specs: Specs, known: set[str]) -> None:
    """A scanned job is known by its directory to scan, review and cutover: under another name it would be a second one on AWS.

    A spec written by hand, of which no scan knows, may lie in any directory.
    """
    for path, spec in list(specs):
        directory = specs.places[path].parent.name
        if spec.name != directory and (directory in known or spec.name in known or spec.legacy):
            specs.left_out.append(LeftOut(directory, _misnamed(path, spec.name, directory)))
            specs.remove((path, spec))


def _misnamed(path: str, name: str, directory: str) -> str:
    return f"{path}: it is named {name}, not {directory}; the names must agree"


def _on_its_host(out: Path) -> set[str]:
    """Ids of the jobs that are to be skipped or kept on the host: by review.yml, or by a comment in the crontab."""
    from migrate.document.from_json import REPORT, read_document
    from migrate.workspace.decisions import Decisions

    # Specs can stand without a report; one that is there and cannot be read may keep jobs on their host.
    jobs = read_document(out).jobs if confined(out, REPORT).is_there() else ()
    return set(Decisions.load(out).left_out(jobs))
