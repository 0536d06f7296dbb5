"""A margin in points, as a recovery, or both: what may be written, and what it tolerates."""

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.settings.margin import Margin, read_margin
from quantgate.evals.settings.policy import Policy, load_policy


@pytest.mark.parametrize("written", [0.02, {"recovery": 0.99}, {"points": 0.02, "recovery": 0.99}])
def test_a_margin_is_written_as_it_was_read(written):
    assert read_margin(written).written == written
    assert Policy(margin=written).model_dump(mode="json")["margin"] == written
    assert read_margin({"points": 0.02}).written == 0.02


def test_the_tighter_of_both_depends_on_the_baseline():
    both = Margin(points=0.02, recovery=0.95)
    assert (both.at(1.0), both.at(0.1)) == (0.02, pytest.approx(0.005))
    assert (both.binds_by_recovery(1.0), both.binds_by_recovery(0.1)) == (False, True)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{recovery: 1}", "above 0 and up to 0.9999"),
        ("{recovery: 1.0}", "above 0"),
        ("{recovery: 0}", "above 0"),
        ("{recovery: -0.5}", "above 0"),
        ("{recovery: .nan}", "above 0"),
        ("{recovery: 99}", "for 99% write 0.99"),
        ("{recovery: true}", "valid number"),
        ("{recovery: }", "it says nothing"),
        ("{}", "it says nothing"),
        ("[0.99]", "valid number"),
        ("{recover: 0.99}", "did you mean recovery"),
        ("{points: 2, recovery: 0.99}", "should be less than 1"),
        ("{points: 0, recovery: 0.99}", "greater than or equal to 0.0001"),
    ],
)
def test_what_is_no_margin_is_refused_with_the_file_and_key(tmp_path, written, said):
    file = tmp_path / "policy.yaml"
    file.write_text(f"margin: {written}\n")
    with pytest.raises(UsageError, match="margin") as refusal:
        load_policy(file)
    assert said in str(refusal.value)
    assert str(file) in str(refusal.value)


def test_a_margin_of_both_halves_alpha_above_and_so_needs_twice_the_smallest():
    with pytest.raises(UsageError, match=r"0\.002 or more"):
        load_policy(None, ["0.02"], 0.001, recoveries=["0.99"])
    assert load_policy(None, [], 0.001, recoveries=["0.99"]).margin == Margin(recovery=0.99)


def test_a_recovery_of_these_very_questions_is_refused():
    with pytest.raises(UsageError, match="for these very questions give a margin in points"):
        load_policy(None, recoveries=["0.99"], target="benchmark")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("method: bca\nmargin: {recovery: 0.9}", "method: bca: a recovery is decided by the bound that holds"),
        ("target: benchmark\ntasks: {a: {margin: {recovery: 0.9}}}", "tasks.a: a margin of recovery and target"),
        ("method: bca\nsuite: {tasks: [a, b], margin: {recovery: 0.9}}", "suite: a margin of recovery and method"),
        ("alpha: 0.001\ntasks: {a: {margin: {points: 0.1, recovery: 0.9}}}", "tasks.a: alpha 0.001"),
    ],
)
def test_a_recovery_that_does_not_go_with_what_is_shared_is_refused(tmp_path, written, said):
    file = tmp_path / "policy.yaml"
    file.write_text(f"{written}\n")
    with pytest.raises(UsageError) as refusal:
        load_policy(file)
    assert str(refusal.value).startswith(f"{file}: ")
    assert said in str(refusal.value)


def test_options_of_one_place_are_its_whole_margin(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("margin: 0.03\ntasks: {aime: {margin: {points: 0.1, recovery: 0.9}, alpha: 0.01}}\n")

    def margins(*points, recoveries):
        asked = load_policy(file, points, recoveries=recoveries)
        return [asked.for_task(task).margin.written for task in ("gsm8k", "aime")]

    assert margins(recoveries=["0.99"]) == [{"recovery": 0.99}, {"points": 0.1, "recovery": 0.9}]
    assert margins("0.02", recoveries=["0.99"])[0] == {"points": 0.02, "recovery": 0.99}
    assert margins("0.02", recoveries=["aime=0.95"]) == [0.02, {"recovery": 0.95}]
    assert margins("aime=0.2", recoveries=["aime=0.95"])[1] == {"points": 0.2, "recovery": 0.95}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["99"], "--recovery 99: .*for 99% write 0.99"),
        (["99%"], "--recovery 99%: .*: for 99% write 0.99"),
        (["a=97.5 %"], "--recovery a=97.5 %: .*: for 97.5% write 0.975"),
        (["x%"], "--recovery x%: recovery is a share, as 0.99$"),
        (["a=b"], "--recovery a=b: input should be a valid number"),
        (["=0.9"], "--recovery =0.9: write a recovery, or TASK=RECOVERY"),
        (["0.9", "0.95"], "--recovery 0.95: the recovery for all tasks is given twice"),
        (["a=0.9", "a=0.9"], "--recovery a=0.9: a is given twice"),
    ],
)
def test_options_that_say_none_are_refused(given, said):
    with pytest.raises(UsageError, match=said):
        load_policy(None, recoveries=given)
