"""`quantgate claim` as its user meets it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GSM8K = ["claim", "--task", "gsm8k", "--n", "200", "--baseline", "0.965"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("candidate", "margin", "code", "words"),
    [
        ("0.955", "0.03", 3, ["? inconclusive", "2/0 to 9/7", "0.059 to 0.175", "193 and 191 right of 200"]),
        ("0.955", "0.05", 0, ["✓ equivalent", "gsm8k: shown. Whichever items flipped", "4.55 points"]),
        ("0.800", "0.03", 1, ["✗ regressed", "gsm8k: regressed"]),
        ("0.9999", "0.03", 3, ["? inconclusive", "gsm8k: not shown. Accuracies that no count", "<0.001 to <0.001"]),
        ("95.5", "0.03", 4, ["! invalid", "for 95.5% write 0.955"]),
    ],
)
def test_the_exit_code_is_the_verdict(quantgate, candidate, margin, code, words):
    exit_code, out, _ = quantgate([*GSM8K, "--candidate", candidate, "--margin", margin])
    assert exit_code == code
    assert f"(exit code {code})" in out
    for word in words:
        assert word in out


def test_an_inconclusive_claim_says_what_would_settle_it(quantgate):
    _, out, _ = quantgate([*GSM8K, "--candidate", "0.955", "--margin", "0.03"])
    assert "to settle it: about 303 items if 1.0% of the items flip; about 547 items" in out
    assert "`quantgate gate`" in out


@pytest.mark.slow
def test_where_the_pairing_decides_the_items_that_were_asked_may_do(quantgate):
    options = ["--n", "200", "--baseline", "0.900", "--candidate", "0.900", "--margin", "0.03"]
    code, out, _ = quantgate(["claim", "--task", "x", *options])
    assert code == 3
    assert "the 200 that were asked may do, item by item" in out
    assert "At best the candidate loses at most" in out


@pytest.mark.slow
def test_the_claim_that_started_it_is_not_shown(quantgate, tmp_path):
    file = str(ROOT / "docs" / "claims" / "glm-5.2-mxfp4.yaml")
    code, out, _ = quantgate(["claim", file, "--json", str(tmp_path / "claim.json")])
    assert code == 3
    assert "no count out of 198 items x 2 answers = 396" in out
    assert "only a macro average was published" in out
    document = json.loads((tmp_path / "claim.json").read_text())
    assert {task["task"]: task["verdict"] for task in document["tasks"]} == dict.fromkeys(
        ("gsm8k", "gpqa_diamond", "tau2"), "inconclusive"
    )
    assert document["reasons"][0].startswith("gsm8k: not shown.")


def test_strata_on_the_command_line(quantgate):
    options = ["--strata", "50,114", "--baseline", "0.82", "--candidate", "0.82", "--margin", "0.3"]
    code, out, _ = quantgate(["claim", "--task", "tau2", *options])
    assert code == 0
    assert "164" in out


def test_a_single_claims_options_do_not_go_with_a_file(quantgate):
    code, _, err = quantgate(["claim", "some.yaml", "--n", "200"])
    assert code == 2
    assert "--n and some.yaml" in err


@pytest.mark.parametrize("arguments", [["claim"], [*GSM8K], ["claim", "no-such.yaml"], ["claim", "--n", "0"]])
def test_wrong_usage_exits_2(quantgate, arguments):
    code, _, err = quantgate(arguments)
    assert code == 2
    assert err.startswith("quantgate: ")


def test_a_hostile_task_name_comes_out_as_text(quantgate):
    evil = "[bold]t\x1b]0;pwn\x07\u202e"
    _, out, _ = quantgate(["claim", "--task", evil, *GSM8K[3:], "--candidate", "0.965"])
    assert "\x1b]0;" not in out
    assert "\u202e" not in out
    assert "[bold]t" in out


def test_a_page_is_written_and_named(quantgate, tmp_path):
    file = tmp_path / "claim.html"
    code, _, err = quantgate([*GSM8K, "--candidate", "0.955", "--html", str(file)])
    assert code == 3
    assert f"written: {file}" in err
    page = file.read_text(encoding="utf-8")
    assert "<title>not shown: Published accuracies on gsm8k</title>" in page
    assert "quantgate claim --task gsm8k --n 200 --baseline 0.965 --candidate 0.955</pre>" in page


def test_a_page_that_cannot_be_written_costs_no_judgement(quantgate, tmp_path):
    (tmp_path / "file").touch()
    code, out, err = quantgate([*GSM8K, "--candidate", "0.955", "--html", str(tmp_path / "file" / "claim.html")])
    assert code == 2
    assert "verdict: ? inconclusive" in out
    assert "--html" in err


def test_one_file_for_two_outputs_is_refused_before_anything_is_judged(quantgate, tmp_path):
    file = str(tmp_path / "claim")
    code, out, err = quantgate([*GSM8K, "--candidate", "0.955", "--html", file, "--json", file])
    assert (code, out) == (2, "")
    assert "is the file of --json too" in err


CARD = "| Benchmark | BF16 | NVFP4 |\n|---|---|---|\n| GPQA Diamond | {} | {} |\n| Average | 82 | 81 |\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "more", "code", "words"),
    [
        (("82.8", "82.8"), "", 0, ["✓ pass", "read as GPQA-Diamond: 198 items", "Average: not judged: a mean"]),
        (("82.8", "82.8"), "| FooBench | 55 | 55 |\n", 3, ["FooBench: not judged, so the whole does not pass"]),
        (("82.8", "20.2"), "| FooBench | 55 | 55 |\n", 1, ["✗ regressed"]),
    ],
)
def test_the_rows_of_a_card_decide_together(quantgate, tmp_path, cells, more, code, words):
    card = tmp_path / "card.md"
    card.write_text(CARD.format(*cells) + more)
    written = [f"--{kind}={tmp_path / kind}" for kind in ("json", "html")]
    columns = ["--baseline-column", "BF16", "--candidate-column", "NVFP4"]
    exit_code, out, _ = quantgate(["claim", str(card), *columns, "--margin", "0.2", *written])
    assert exit_code == code
    assert all(word in out for word in words), out
    unjudged = json.loads((tmp_path / "json").read_text())["unjudged"]
    assert [(one["task"], one["counts"]) for one in unjudged] == [
        ("Average", False),
        *([("FooBench", True)] if more else []),
    ]
    assert all(one["task"] in (tmp_path / "html").read_text() for one in unjudged)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--baseline-column is missing"),
        (["--baseline-column", "BF16"], "--candidate-column is missing"),
        (["--baseline-column", "INT4", "--candidate-column", "INT8"], "no table has figures for both INT4 and INT8"),
        (["--baseline-column", "BF16", "--candidate-column", "NVFP4", "--n", "5"], "--n and"),
        (["--baseline-column", "BF16", "--candidate-column", "NVFP4", "--items", "x"], "--items x: write NAME=N"),
    ],
)
def test_a_card_that_cannot_be_judged_as_asked_says_why(quantgate, tmp_path, options, said):
    card = tmp_path / "card.md"
    card.write_text(CARD.format("82.8", "82.8"))
    code, _, err = quantgate(["claim", str(card), *options])
    assert code == 2
    assert said in " ".join(err.split())


def test_a_huge_card_is_refused_unread(quantgate, tmp_path):
    card = tmp_path / "card.md"
    with card.open("wb") as stream:
        stream.truncate(1 << 30)
    code, _, err = quantgate(["claim", str(card), "--baseline-column", "a", "--candidate-column", "b"])
    assert (code, "Traceback" in err) == (2, False)


def test_repeats_of_one_claim_are_one_number(quantgate):
    code, _, err = quantgate([*GSM8K, "--candidate", "0.955", "--repeats", "GSM8K=2"])
    assert code == 2
    assert "NAME=K is of a model card" in " ".join(err.split())
