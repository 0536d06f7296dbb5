"""One S3 server for all tests of a process, and the surroundings in which quantgate finds it."""

import pytest

from tests.server.s3 import s3_server


@pytest.fixture(scope="session")
def s3():
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    with s3_server() as url:
        yield url


@pytest.fixture
def store(s3, monkeypatch, tmp_path):
    """Points S3's libraries to a URL, by default the server itself, with a state folder of this test's own."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": "hidden-hidden-hidden-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)

    def machine(name: str, url: str = s3) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    machine("here")
    return machine
