"""Where lm-eval's filter and the tolerant reader differ: two runs and a gate, over real HTTP."""

from __future__ import annotations

import json

import pytest

from tests.server.served import served_model


@pytest.fixture
def evaluated(quantgate, arguments, rule, tmp_path):
    """Runs the invented problems with every answer in another form; returns the folder."""

    def run(name: str, form: str) -> str:
        def reply(body):
            answer = rule(body)
            number = answer.content.rsplit(" ", 1)[1]
            return type(answer)(content=form.format(number))

        with served_model(reply) as server:
            assert quantgate(arguments(server.base_url, out=tmp_path / name))[0] == 0
        return str(tmp_path / name)

    return run


@pytest.mark.slow
def test_a_regression_that_is_only_the_filters_is_told_everywhere_and_the_metric_can_be_chosen(
    evaluated, quantgate, tmp_path
):
    fp8, mxfp4 = evaluated("fp8", "#### {}"), evaluated("mxfp4", "The answer is ${}.00. That took 2 steps.")
    outputs = {name: tmp_path / f"gate.{name}" for name in ("json", "html", "markdown", "junit")}
    options = [word for name, file in outputs.items() for word in (f"--{name}", str(file))]
    code, out, _ = quantgate(["gate", fp8, mxfp4, "--margin", "0.1", *options])
    assert code == 1
    for text in (out, *(file.read_text(encoding="utf-8") for file in outputs.values())):
        said = " ".join(text.split())
        assert "the candidate has 0.0% by exact" in said
        assert "and 80.0% by tolerant" in said
        assert "the difference is regressed, by tolerant equivalent" in said
    codes = {found["code"] for found in json.loads(outputs["json"].read_text())["tasks"][0]["findings"]}
    assert "metrics_disagree" in codes
    code, out, _ = quantgate(["gate", fp8, mxfp4, "--margin", "0.1", "--metric", "gsm8k=tolerant"])
    assert code == 0, out
    code, out, _ = quantgate(["compare", fp8, mxfp4, "--margin", "0.1", "--metric", "gsm8k=tolerant"])
    assert code == 0, out


@pytest.mark.slow
def test_a_metric_that_the_runs_do_not_hold_is_named(evaluated, quantgate):
    fp8, mxfp4 = evaluated("fp8", "#### {}"), evaluated("mxfp4", "#### {}")
    code, _, err = quantgate(["gate", fp8, mxfp4, "--metric", "gsm8k=rouge"])
    assert code == 2
    assert "a run does not hold that metric of all its answers: it has" in err
    code, _, err = quantgate(["gate", fp8, mxfp4, "--metric", "gsm=tolerant"])
    assert code == 2
    assert "task 'gsm'" in err
