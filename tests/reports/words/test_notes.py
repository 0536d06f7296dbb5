"""What is said beside a decision."""

from dataclasses import replace

from quantgate.evals.decision.gate import decide
from quantgate.evals.pairing.pairing import Run, pair_runs
from quantgate.evals.settings.policy import Policy
from quantgate.reports.words.notes import NoteKind, described_notes, mean_over, suite_notes
from tests.evals.made_runs import pair_of, run_of
from tests.reports import made


def said(kind, runs, again=None):
    noise = None if again is None else pair_runs(runs[0], again)
    (task,) = decide(pair_runs(*runs), Policy(), noise).tasks
    return [note.text for note in described_notes(task) if note.kind is kind]


def test_the_method_is_told_with_its_unit():
    assert said(NoteKind.METHOD, pair_of(6, 4, 100)) == [
        "method: Exact unconditional test: every item was answered once and scored 0 or 1"
    ]
    (repeated,) = said(NoteKind.METHOD, (run_of([1.0] * 60, repeats=2), run_of([1.0] * 60, repeats=2, label="b")))
    assert "over 60 items plus one worst-case item" in repeated


def test_flips_of_the_builds_and_of_re_runs_are_told_as_losses_and_gains():
    runs = pair_of(40, 10, 400)
    scores = [sample.score for sample in runs[0].samples.values()]
    again = run_of([1 - score if place < 43 and place > 37 else score for place, score in enumerate(scores)])
    (text,) = said(NoteKind.NOISE, runs, Run(again.record, again.samples))
    assert "40 lost and 10 won, net -7.50 points between the builds" in text
    assert "2 lost and 3 won, net +0.25 points between the two runs" in text


def test_a_suite_says_over_what_its_mean_is_and_how_it_weighs():
    (_, over), *_, (_, method) = suite_notes(made.suite())
    assert over.text == "the weighted mean over gsm8k (66.7%) and tau2 (33.3%)"
    assert method.text.startswith("method: Bayesian bootstrap")
    alike = replace(made.suite(), weights=dict.fromkeys("abc", 1 / 3))
    assert mean_over(alike) == "the mean over a, b and c"
    assert suite_notes(None) == []
