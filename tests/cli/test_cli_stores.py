"""`--out s3://...`: verbs write to an object store, go on there and read from there."""

import json
from pathlib import Path

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.files import check_writable, write_output
from quantgate.evals.storage.address import Address
from quantgate.evals.storage.writing import home_of
from tests.evals.storage.conftest import s3, store  # noqa: F401
from tests.server.s3 import Flaky
from tests.server.served import served_model

pytestmark = pytest.mark.slow


def test_runs_on_a_store_are_gone_on_with_elsewhere_decided_and_merged(quantgate, arguments, rule, s3, store, tmp_path):  # noqa: F811
    with served_model(rule) as server, Flaky(s3, 0.15, ("500", "cut", "lost"), 3) as proxy:
        store("one", proxy.url)
        code, out, err = quantgate(arguments(server.base_url, out="s3://runs/cli/base"))
        assert (code, "complete: s3://runs/cli/base" in out) == (0, True), err
        asked = len(server.log.bodies)
        store("two")
        assert quantgate(arguments(server.base_url, out="s3://runs/cli/base"))[0] == 0
        assert len(server.log.bodies) == asked
        for number in (1, 2):
            code, _, err = quantgate(
                arguments(server.base_url, "--shard", f"{number}/2", out=f"s3://runs/cli/{number}")
            )
            assert code == 0, err
    code, out, err = quantgate(["merge", "s3://runs/cli/1", "s3://runs/cli/2", "--out", "s3://runs/cli/cand"])
    assert (code, "complete: s3://runs/cli/cand" in out) == (0, True), err
    builds = ["s3://runs/cli/base", "s3://runs/cli/cand"]
    code, _, err = quantgate(["gate", *builds, "--json", str(tmp_path / "g.json"), "--same-build"])
    assert code in (0, 3), err
    assert json.loads((tmp_path / "g.json").read_text())["folders"]["baseline"] == "s3://runs/cli/base"
    for verb in (["show", builds[0]], ["diff", *builds]):
        assert quantgate(verb)[0] == 0
    code, out, _ = quantgate(["regrade", "s3://runs/cli/base", "--data", arguments("")[4]])
    assert (code, "done: s3://runs/cli/base" in out) == (0, True)
    home = home_of(Address("s3", "runs/cli/base"))
    assert not any(b"hidden-hidden" in file.read_bytes() for file in home.rglob("*") if file.is_file())


def test_a_run_whose_store_is_gone_ends_incomplete_and_goes_on(quantgate, arguments, rule, s3, store, monkeypatch):  # noqa: F811
    monkeypatch.setattr("quantgate.evals.storage.writing.PATIENCE_S", 0.1)
    with Flaky(s3, 0, ("cut",), 1) as proxy:
        store("one", proxy.url)

        def breaking(body):
            proxy.down = True
            return rule(body)

        with served_model(breaking) as server:
            code, out, err = quantgate(arguments(server.base_url, out="s3://runs/cli/broken"))
            assert code == 5
            assert "complete" not in out
            assert "the same command goes on" in err
            proxy.down = False
            server.rule = rule
            code, out, _ = quantgate(arguments(server.base_url, out="s3://runs/cli/broken"))
    assert (code, "complete: s3://runs/cli/broken" in out) == (0, True)


def test_a_missing_library_is_named_in_a_line(quantgate, arguments, monkeypatch):
    def lacking(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.filesystem", lacking)
    code, _, err = quantgate(["show", "s3://runs/x"])
    assert code == 2
    assert "pip install 'quantgate[s3]'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("option", "name"), [("--out", "out"), ("--json", "gate.json")])
def test_what_is_written_on_this_machine_makes_no_folder_of_an_address(option, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"{option} s3://"):
        write_output(Path(f"s3://runs/{name}"), "{}", option)
    with pytest.raises(UsageError, match="on an object store"):
        check_writable(Path("s3://runs/check"))
    assert not list(tmp_path.iterdir())
