"""What is decided rests on all looks that were kept before it, also those that came between."""

from dataclasses import replace

from quantgate.evals.contract.design import Design, Look
from quantgate.evals.contract.look_size import Size
from quantgate.evals.decision.gate import decide
from quantgate.evals.decision.looking import Looked, decide_with_looks
from quantgate.evals.pairing.pairing import pair_runs
from quantgate.evals.runs.looks import TakenLook, keep_look, past_looks, run_id
from quantgate.evals.settings.policy import Policy
from tests.evals.made_runs import pair_of


def test_a_number_that_is_declared_of_planned_looks_is_told_to_say_nothing(tmp_path):
    design = Design(100, 1, 0.02, 0.05, 0.05, 0.0, (Look(100, 1, 0.05, 0.05),), "order")
    baseline, candidate = pair_of(1, 1, 100)
    tasks = (replace(candidate.record.tasks[0], design=design),)
    pairs = pair_runs(baseline, replace(candidate, record=replace(candidate.record, tasks=tasks)))
    seen, told = [], []

    def decided(looks):
        seen.append(looks[""])
        return ()

    decide_with_looks({"": Looked(pairs, tmp_path)}, Policy(), decided, lambda _: {"": ()}, 3, told.append)
    assert seen == [{}]
    assert told == ["--looks 3 says nothing of gsm8k: looks were planned before the first answer"]


def test_a_look_that_came_between_is_decided_after(tmp_path):
    pairs = pair_runs(*pair_of(1, 1, 400))
    ids = run_id(pairs.baseline), run_id(pairs.candidate)
    numbers = []

    def decided(looks):
        numbers.append(looks[""]["gsm8k"].number)
        if len(numbers) == 1:
            keep_look(tmp_path, TakenLook("now", *ids, {"gsm8k": Size(200, 1, 1)}), past_looks(tmp_path))
        return decide(pairs, Policy(), looks=looks[""])

    verdict = decide_with_looks({"": Looked(pairs, tmp_path)}, Policy(), decided, lambda one: {"": one.tasks})
    assert numbers == [1, 2]
    assert verdict.tasks[0].look.number == 2
    assert [line.tasks["gsm8k"].items for line in past_looks(tmp_path).lines] == [200, 400]
