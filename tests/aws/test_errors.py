"""What AWS and botocore say, as one sentence."""

from __future__ import annotations

import pytest
from botocore import exceptions as botocore_errors
from botocore.parsers import ResponseParserError

from migrate.aws.errors import aws_errors
from migrate.errors import UserError


def client_error(code: str, message: str = "", operation: str = "PutRule") -> botocore_errors.ClientError:
    return botocore_errors.ClientError({"Error": {"Code": code, "Message": message}}, operation)


def throttled(again: int) -> botocore_errors.ClientError:
    """As botocore says it: ``RetryAttempts`` are those after the first."""
    error = client_error("ThrottlingException")
    error.response["ResponseMetadata"] = {"RetryAttempts": again}  # type: ignore[typeddict-item]
    return error


DENIED = (
    "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: events:PutRule on resource: "
    "arn:aws:events:r:1:rule/a because no"
)
CASES = [
    (client_error("AccessDeniedException", DENIED), "lack events:PutRule on arn:aws:events:r:1:rule/a"),
    (client_error("AccessDenied", "no"), "lack PutRule"),
    (
        client_error("AccessDeniedException", "not authorized to perform: iam:PassRole on resource: arn:r"),
        "allowed to pass the role",
    ),
    (client_error("ExpiredTokenException"), "credentials have expired"),
    (client_error("UnrecognizedClientException"), "does not accept these credentials"),
    (client_error("InvalidClientTokenId"), "does not accept these credentials"),
    (client_error("ThrottlingException"), "still throttles PutRule; wait a minute"),
    (throttled(10), "still throttles PutRule after 11 tries; wait a minute"),
    (throttled(0), "still throttles PutRule; wait a minute"),
    (
        client_error("ValidationException", "Parameter ScheduleExpression is not valid."),
        "AWS refused PutRule: Parameter",
    ),
    (botocore_errors.NoCredentialsError(), "there are no AWS credentials"),
    (
        botocore_errors.PartialCredentialsError(provider="env", cred_var="x"),
        "cannot be used: Partial credentials found in env",
    ),
    (ResponseParserError("invalid XML: <html>"), "what answered (moon-1) is not AWS"),
    (client_error("500", "<!doctype html>\n<title>x</title>"), "what answered is not AWS"),
    (client_error("ValidationException", "two\nlines"), "AWS refused PutRule: two lines"),
    (botocore_errors.ProfileNotFound(profile="p"), "profile (p) could not be found; check profile and region"),
    (botocore_errors.NoRegionError(), "check profile and region"),
    (
        botocore_errors.EndpointConnectionError(endpoint_url="https://x"),
        "AWS cannot be reached (moon-1): Could not connect",
    ),
    (botocore_errors.ConnectTimeoutError(endpoint_url="https://x"), "AWS cannot be reached (moon-1)"),
    (botocore_errors.SSLError(endpoint_url="https://x", error="bad"), "check the proxy and its certificates"),
    (botocore_errors.UnauthorizedSSOTokenError(), "run aws sso login"),
    (botocore_errors.TokenRetrievalError(provider="sso", error_msg="x"), "run aws sso login"),
    (botocore_errors.DataNotFoundError(data_path="x"), "the call to AWS failed (moon-1)"),
]


@pytest.mark.parametrize(("error", "said"), CASES, ids=lambda value: type(value).__name__)
def test_one_sentence(error: Exception, said: str) -> None:
    with pytest.raises(UserError) as caught, aws_errors("moon-1"):
        raise error
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_mistakes_of_our_own_pass_through() -> None:
    with pytest.raises(KeyError), aws_errors():
        raise KeyError("x")
