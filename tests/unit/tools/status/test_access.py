from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from local.emulator import free_port
from tools.status.access import Access, NoAccessError, find_account, open_access, open_laptop

if TYPE_CHECKING:
    from local.emulator import Emulator


def test_no_region_is_one_sentence(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.delenv("AWS_REGION", raising=False)
    with pytest.raises(NoAccessError, match=r"^There is no AWS region: set AWS_REGION, [^.]*\.$"):
        open_access()


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_both_variables_of_aws_name_the_region(no_aws: pytest.MonkeyPatch, variable: str) -> None:
    no_aws.setenv(variable, "eu-west-1")
    assert open_access().session.region_name == "eu-west-1"


def test_a_profile_that_does_not_exist_is_one_sentence(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NoAccessError, match=r"AWS_PROFILE names no profile .*nobody"):
        open_access()


def test_no_credentials_is_one_sentence(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(NoAccessError, match=r"There are no AWS credentials: sign in .* LAPTOP=1"):
        find_account(open_access())


def test_half_of_the_credentials_is_the_same_sentence(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.setenv("AWS_ACCESS_KEY_ID", "half")
    no_aws.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(NoAccessError, match="There are no AWS credentials"):
        find_account(open_access())


def test_credentials_that_aws_refuses_are_one_sentence(guarded_emulator: Emulator) -> None:
    stranger = boto3.Session("AKIA0000000000000000", "wrong", region_name="us-east-1")
    with pytest.raises(NoAccessError, match=r"AWS refuses the credentials \(InvalidClientTokenId\): sign in again"):
        find_account(Access(stranger, guarded_emulator.endpoint))


def test_an_address_that_is_none_is_one_sentence() -> None:
    with pytest.raises(NoAccessError, match="AWS cannot be reached: Invalid endpoint"):
        find_account(Access(boto3.Session(region_name="us-east-1"), "not an address"))


def test_a_laptop_where_nothing_runs_is_asked_about_it(no_aws: pytest.MonkeyPatch) -> None:
    port = str(free_port())
    no_aws.setenv("AWS_PORT", port)
    with pytest.raises(NoAccessError, match=rf"127\.0\.0\.1:{port}.*Is `make run` running\?"):
        find_account(open_laptop())


def test_the_laptop_needs_no_credentials_of_its_own(no_aws: pytest.MonkeyPatch) -> None:
    no_aws.delenv("AWS_PORT", raising=False)
    laptop = open_laptop()
    assert laptop.endpoint_url == "http://127.0.0.1:4566"
    assert laptop.session.get_credentials()
