"""An address of an object store is told from a path, and holds no key."""

from pathlib import Path

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.storage.address import address_of, shown


@pytest.mark.parametrize("given", ["s3://bucket/run", "gs://bucket/a/b"])
def test_an_address_keeps_both_slashes(given):
    assert shown(Path(given)) == given


def test_a_scheme_in_capitals_is_no_folder():
    assert shown(Path("S3://Bucket/Run")) == "s3://Bucket/Run"


@pytest.mark.parametrize("given", ["run", "/a/b", "a:b/c", "../s3"])
def test_a_path_stays_a_path(given):
    assert address_of(Path(given)) is None


@pytest.mark.parametrize("given", ["s3://hidden-1234:hidden-5678@bucket/run", "s3://b/run?sig=hidden-1"])
def test_a_key_in_an_address_is_refused_and_not_repeated(given):
    with pytest.raises(UsageError) as error:
        address_of(Path(given))
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize("given", ["s3://bucket", "https://host/run", "http://host/run"])
def test_what_can_hold_no_run_is_refused(given):
    with pytest.raises(UsageError):
        address_of(Path(given))
