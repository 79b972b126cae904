"""What AWS and botocore say, as one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from migrate.errors import UserError

# Each service has its own word for it.
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthorizationError"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN_KEY = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "AuthFailure",
    "IncompleteSignature",
    "MissingAuthenticationToken",
}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}


# terraform-aws-modules/terraform-aws-step-functions#41.
_MANAGED_RULE = re.compile(r"'?(\S+?)'? is not authorized to create managed-rule")


def error_code(error: Any) -> str:
    """The code in a botocore ClientError, such as ``ResourceNotFoundException``."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors(where: str = "") -> Iterator[None]:
    """Turns every expected failure of a call to AWS into a UserError; ``where`` says which account and region."""
    from botocore import exceptions as botocore_errors
    from botocore.parsers import ResponseParserError

    try:
        yield
    except botocore_errors.ClientError as error:
        raise UserError(_client_error(error)) from error
    except (botocore_errors.BotoCoreError, botocore_errors.HTTPClientError) as error:
        raise UserError(_botocore_error(error, where)) from error
    except ResponseParserError as error:
        raise UserError(not_aws(where)) from error


def concerns_all(error: UserError) -> bool:
    """Whether what was said of one call holds for every other one, too: credentials, network, an address that is not AWS."""
    from botocore.exceptions import ClientError

    cause = error.__cause__
    if isinstance(cause, ClientError):
        return error_code(cause) in _EXPIRED | _UNKNOWN_KEY | _THROTTLED
    return cause is not None


def _client_error(error: Any) -> str:
    code, said = error_code(error), " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    operation = error.operation_name
    # A captive portal or a proxy answers in HTML.
    if "<!doctype html" in said[:200].lower() or "<html" in said[:200].lower():
        return not_aws()
    if code in _DENIED:
        return _denied_of_role(said) or f"access denied: {denied(error)}; ask for it, or change the profile"
    if code in _EXPIRED:
        return "the AWS credentials have expired; sign in again (aws sso login, or new keys) and repeat the command"
    if code in _UNKNOWN_KEY:
        return f"AWS does not accept these credentials ({code}); check the profile or the AWS_ACCESS_KEY_ID in use"
    # The clients retry by themselves; this is what was left of it.
    if code in _THROTTLED:
        return f"AWS still throttles {operation}{_tries(error)}; wait a minute and repeat the command, it will go on"
    return f"AWS refused {operation}: {said or code}"


def _denied_of_role(said: str) -> str | None:
    """AWS has one code for a right that the user lacks and for one that a role of a workflow lacks."""
    role = _MANAGED_RULE.search(said)
    if role is None:
        return None
    return (
        f"the role {role[1]} may not make the rule by which Step Functions hears of its tasks "
        "(StepFunctionsGetEventsForECSTaskRule: events:PutRule, PutTargets, DescribeRule), or AWS does not see yet that it "
        "may; look at the role, or register again in a minute"
    )


def _tries(error: Any) -> str:
    # botocore counts the tries after the first, and its quota of retries may end them before max_attempts does.
    again = error.response.get("ResponseMetadata", {}).get("RetryAttempts")
    return f" after {again + 1} tries" if again else ""


def is_denied(error: Any) -> bool:
    """Whether a ClientError says that a permission is missing."""
    return error_code(error) in _DENIED


def denied(error: Any) -> str:
    """What is missing, such as ``these credentials lack ecs:RegisterTaskDefinition on ARN``: as AWS says it, else the
    permission of the call that was made."""
    answer = error.response.get("Error", {})
    # IAM's sentence: "User: .. is not authorized to perform: ACTION on resource: ARN".
    named = re.search(r"perform: ([\w-]+:\w+)(?: on resource: (\S+))?", str(answer.get("Message", "")))
    permission = named.group(1) if named else answer.get("Permission") or error.operation_name
    resource = f" on {named.group(2)}" if named and named.group(2) else ""
    # iam:PassRole is asked of the caller, not of the role (docs "Granting a user permissions to pass a role").
    pass_role = " (the one who registers must be allowed to pass the role)" if permission == "iam:PassRole" else ""
    return f"these credentials lack {permission}{resource}{pass_role}"


def _botocore_error(error: Exception, where: str) -> str:
    name = type(error).__name__
    at = f" ({where})" if where else ""
    if name in _BAD_CREDENTIALS:
        return f"the AWS credentials cannot be used: {_sentence(error)}; check the profile, or set both keys"
    if name in _NO_CREDENTIALS:
        return (
            "there are no AWS credentials; set a profile in cron2fargate.yml, or AWS_PROFILE, or sign in with "
            "aws sso login; --rehearse needs none"
        )
    # botocore's names: SSOTokenLoadError, UnauthorizedSSOTokenError, TokenRetrievalError.
    if "SSO" in name or "Token" in name or name == "LoginRefreshRequired":
        return "the AWS sign-in has expired; run aws sso login for this profile and repeat the command"
    for names, advice in _ADVICE:
        if name in names:
            reached = "" if names is _NAMING else f"AWS cannot be reached{at}: "
            return f"{reached}{_sentence(error)}; {advice}"
    return f"the call to AWS failed{at}: {_sentence(error)}"


def not_aws(where: str = "") -> str:
    """For an answer that cannot be read: a page of a proxy or of another server, which says nothing about the call."""
    at = f" ({where})" if where else ""
    return f"what answered{at} is not AWS; check AWS_ENDPOINT_URL, the proxy, and the sign-in page of the network"


_NO_CREDENTIALS = {"NoCredentialsError"}
_BAD_CREDENTIALS = {"PartialCredentialsError", "CredentialRetrievalError"}
_NAMING = {"ProfileNotFound", "NoRegionError", "InvalidRegionError"}
_NETWORK = {"EndpointConnectionError", "ConnectTimeoutError", "ConnectionClosedError", "ReadTimeoutError"}
_ADVICE = (
    (_NAMING, "check profile and region in cron2fargate.yml, and ~/.aws/config"),
    (_NETWORK, "check the network, the region and AWS_ENDPOINT_URL"),
    ({"ProxyConnectionError", "SSLError"}, "check the proxy and its certificates"),
)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
