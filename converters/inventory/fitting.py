"""A job that was taken over -> the text of its ecs.yml: what our model refuses of AWS's own is passed on or said, and a job
that even so is no good one is left out."""

from __future__ import annotations

from pydantic import ValidationError

from converters.inventory.adopting import Adopted
from converters.inventory.drafts import without_usual_logs
from converters.inventory.starts import NotTaken
from converters.specs.model import Spec, SpecErrors, load_spec
from converters.specs.text import ecs_text

_ROUNDS = 8


def fit(job: Adopted, region: str, log_group: str) -> NotTaken | None:
    """Makes the job such that ecs.yml takes it; why not, where that cannot be. To be called before secrets are hidden."""
    usual = {
        "awslogs-group": log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": job.name,
        "mode": "blocking",
    }
    for box in job.draft.containers:
        without_usual_logs(box, usual, job.draft)
    for _ in range(_ROUNDS):
        try:
            Spec.model_validate(job.spec(region))
            break
        except ValidationError as error:
            moved = [_moved(job, one["loc"]) for one in error.errors(include_url=False, include_input=False)]
            if not any(moved):
                break
    try:
        text_of(job, region)
    except SpecErrors as error:
        problem = error.errors[0]
        return NotTaken(job.start.label if job.start.kind != "nothing" else f"task definition {job.name}", str(problem))
    return None


def _moved(job: Adopted, place: tuple[object, ...]) -> bool:
    """Whether what is refused there could be put elsewhere."""
    if place[:1] == ("ephemeralStorage",) and "ephemeralStorage" in job.draft.more:
        size = job.draft.more.pop("ephemeralStorage")
        # Every task of Fargate has 20 GiB, and more than 200 it cannot have.
        job.draft.notes.append(f"ephemeralStorage of {size} GiB is none that Fargate gives, so it is left out")
        return True
    if len(place) < 3 or place[0] != "containers" or not isinstance(place[1], int):
        return False
    key, box = str(place[2]), job.draft.containers[place[1]]
    if key == "logConfiguration" and box.pop(key, None):
        job.draft.notes.append(
            f"container {box['name']}: its log configuration is none that ecs.yml takes; its output goes to the job's log group"
        )
        return True
    return job.draft.refuse(place[1], key)


def text_of(job: Adopted, region: str) -> str:
    """The ecs.yml; SpecErrors where it is no good one. What was left out or changed stands above it."""
    head = f"From {' and '.join(job.sources)}, by cron2fargate init."
    text = ecs_text(job.spec(region), comments=[head, *(f"- {note}" for note in job.notes)])
    load_spec(text, f"jobs/{job.name}/ecs.yml")
    return text
