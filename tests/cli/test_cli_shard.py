"""`quantgate run --shard i/N`: a part of a run, which knows that it is one."""

import json

import pytest

from quantgate.evals.runs.directory import RunDirectory
from tests.server.served import served_model

pytestmark = pytest.mark.slow


@pytest.fixture
def ask(quantgate, arguments, rule, tmp_path):
    """Runs one shard against a server of its own; returns exit code, output and errors, and what was asked."""

    def run(shard: str, *more: str, out: str = "shard") -> tuple[int, str, str, int]:
        with served_model(rule) as server:
            code, told, err = quantgate(arguments(server.base_url, "--shard", shard, *more, out=tmp_path / out))
            return code, told, err, len(server.log.bodies)

    return run


def test_a_shard_asks_its_range_of_pairs_and_is_complete_with_it(ask, tmp_path):
    code, out, err, asked = ask("2/3")
    assert (code, asked) == (0, 13)
    assert "gsm8k: 13 of 13 answered" in out
    assert "this is shard 2/3: it asks 13 of 40 of gsm8k" in err
    held = RunDirectory(tmp_path / "shard").samples()
    assert sorted(int(item) for _, item, _ in held) == list(range(13, 26))


def test_its_record_is_that_of_the_run_with_the_shard_beside_it(ask, quantgate, arguments, rule, tmp_path):
    ask("3/3", "--repeats", "2", "--temperature", "1")
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, "--repeats", "2", "--temperature", "1", out=tmp_path / "whole"))
    shard, whole = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("shard", "whole"))
    assert shard.pop("shard") == {"number": 3, "of": 3, "items": {"gsm8k": ["26-39"]}}
    assert shard["tasks"] == whole["tasks"]
    assert shard.keys() == whole.keys()


def test_it_goes_on_as_itself_alone(ask):
    ask("2/3")
    assert ask("2/3")[3] == 0
    for other in ("1/3", "2/4"):
        code, _, err, asked = ask(other)
        assert (code, asked) == (2, 0)
        assert f'shard "2/3" there, "{other}" in this command' in err


def test_a_whole_run_and_a_shard_do_not_go_on_as_each_other(ask, quantgate, arguments, rule, tmp_path):
    ask("1/2")
    with served_model(rule) as server:
        code, _, err = quantgate(arguments(server.base_url, out=tmp_path / "shard"))
        assert code == 2
        assert 'shard "1/2" there, "none, the whole run" in this command' in err
        quantgate(arguments(server.base_url))
    code, _, err, asked = ask("1/2", out="run")
    assert (code, asked) == (2, 0)
    assert 'shard "none, the whole run" there, "1/2" in this command' in err


def test_it_cannot_grow_for_its_range_would_be_another(ask):
    ask("1/2", "--limit", "20")
    code, _, err, _ = ask("1/2", "--limit", "30")
    assert code == 2
    assert "gsm8k: items 20 there, of which it is a shard, 30 in this command" in err


def test_a_shard_without_pairs_is_complete_and_asks_nothing(ask, tmp_path):
    code, out, err, asked = ask("5/100", "--first", "3")
    assert (code, asked) == (0, 0)
    assert "it asks 0 of 3 of gsm8k" in err
    assert "gsm8k: 0 of 0 answered" in out
    assert RunDirectory(tmp_path / "shard").record().shard.items == {"gsm8k": ()}


@pytest.mark.parametrize(
    ("shard", "said"),
    [("0/8", '--shard "0/8": shards are counted from 1'), ("9/8", "there is no 9/8"), ("3", "as 3/8")],
)
def test_what_is_no_shard_is_refused_before_anything_is_loaded(ask, shard, said):
    code, _, err, asked = ask(shard)
    assert (code, asked) == (2, 0)
    assert said in err


def test_gate_takes_no_shard_for_the_run(ask, quantgate, arguments, rule, tmp_path):
    ask("1/2")
    with served_model(rule) as server:
        quantgate(arguments(server.base_url, out=tmp_path / "whole"))
    code, out, _ = quantgate(["gate", str(tmp_path / "whole"), str(tmp_path / "shard")])
    assert code == 4
    assert "the candidate is shard 1/2 of a run: `quantgate merge DIR... --out RUN` makes the run of all 2" in out
    assert quantgate(["gate", "--common", str(tmp_path / "shard"), str(tmp_path / "whole")])[0] == 4
    assert quantgate(["compare", str(tmp_path / "whole"), str(tmp_path / "shard")])[0] == 4


def test_show_says_that_it_is_a_shard(ask, quantgate, tmp_path):
    ask("1/2")
    code, out, _ = quantgate(["show", str(tmp_path / "shard")])
    assert code == 0
    assert "is shard 1/2 of a run" in " ".join(out.split())


def test_check_has_no_shards_and_says_what_to_do(quantgate, tmp_path):
    code, _, err = quantgate(["check", str(tmp_path / "release.yaml"), "--shard", "1/2"])
    assert code == 2
    assert "check has no shards" in err
    assert "`quantgate merge`" in err


def test_a_shard_is_not_exported_as_if_it_were_the_run(ask, quantgate, tmp_path):
    ask("1/2")
    code, _, err = quantgate(["export", str(tmp_path / "shard"), "--to", "csv", "--out", str(tmp_path / "shard.csv")])
    assert code == 2
    assert "is shard 1/2 of a run" in err
    assert not (tmp_path / "shard.csv").exists()
