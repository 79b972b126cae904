"""Values of the engine as the document tells them."""

from __future__ import annotations

from functools import lru_cache

from converters.expressions.judgement import Target
from converters.findings.codes import Finding
from migrate.document.from_json import guard_from
from migrate.document.job import ProposedTarget, ReportedFinding
from migrate.document.shown import shown


def target_told(target: Target) -> ProposedTarget:
    """What starts a job, expressions and guard as ecs.yml has them."""
    return ProposedTarget(
        backend=target.backend,
        timezone=target.timezone,
        expressions=tuple(map(str, target.expressions)),
        guard=guard_from(target.guard.as_json()) if target.guard else None,
    )


@lru_cache(maxsize=65536)
def finding_told(finding: Finding) -> ReportedFinding:
    """A finding with its words; secrets in them are masked."""
    return ReportedFinding(
        code=finding.code, severity=finding.severity, message=shown(finding.message), help=finding.help
    )
