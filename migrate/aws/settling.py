"""What other services say of a role that IAM has and they do not see yet, and how long that is waited for.

IAM answers at once and the rest of AWS follows within seconds, at worst minutes. Meanwhile each service has a sentence of its
own, and some of them read as if the user lacked a right.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from migrate.terminal.language import _

if TYPE_CHECKING:
    pass

TRIES, SECONDS = 24, 5.0
"""Two minutes: what Terraform's provider waits for the same sentences."""

_SENTENCES = {
    # Sentence: who says it, and where that was seen.
    r"assume": "Scheduler and EventBridge: a role `must allow AWS EventBridge Scheduler to assume the role`",
    r"is authorized to assume the provided role": "Step Functions (hashicorp/terraform-provider-aws#7893)",
    r"is not authorized to create managed-rule": "Step Functions, of its own rule (terraform-aws-step-functions#41)",
    r"not authorized to access the Log Destination": "Step Functions (go-to-k/cdkd#2783)",
    r"assume the service linked role": "ECS, in an account that never used it (baseline-environment-on-aws#238)",
    r"role .*(not valid|invalid|not authorized)": "EventBridge, of the role of a target",
    r"not authorized to perform: sts": "any service, in the name of the role",
}
_SETTLING = re.compile("|".join(_SENTENCES), re.IGNORECASE)


def is_settling(error: object) -> bool:
    """Whether a refusal may be no more than a role that is not seen yet."""
    return bool(_SETTLING.search(str(error)))


def tell() -> None:
    """On standard error, for whoever wonders why nothing happens."""
    most = int(TRIES * SECONDS // 60)
    said = _("AWS does not see a new role yet; trying again for up to {n} minutes").format(n=most)
    print(said, file=sys.stderr, flush=True)


def settled(call: Callable[..., Any], *, sleep: Callable[[float], None] | None = None, **arguments: Any) -> Any:
    """Calls until a role made a moment ago is seen; what is refused for another reason, or for longer, is raised."""
    from botocore.exceptions import ClientError

    for left in range(TRIES - 1, -1, -1):
        try:
            return call(**arguments)
        except ClientError as error:
            if not left or not is_settling(error):
                raise
            if left == TRIES - 1:
                tell()
            (sleep or time.sleep)(SECONDS)
    raise AssertionError  # the last try has returned or raised
