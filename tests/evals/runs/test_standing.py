"""What a session begins with is counted by columns."""

from quantgate.evals.contract.records import Sample, Status
from quantgate.evals.runs.standing import Standing
from quantgate.evals.samples.memory import as_held


def standing(*samples: Sample) -> Standing:
    return Standing.of(as_held({sample.key: sample for sample in samples}).columns)


def sample(item: int, status: Status, score: float | None, **more) -> Sample:
    return Sample("t", str(item), 0, "h", status, score, **more)


def test_samples_are_counted_by_status_and_scores_summed_up():
    found = standing(
        sample(0, Status.OK, 1.0, response="1"),
        sample(1, Status.OK, 0.5, response="2"),
        sample(2, Status.TRUNCATED, 0.0, response="3"),
        sample(3, Status.ERROR, None, error="HTTP 500"),
        sample(4, Status.UNGRADED, None, response="4", ended=Status.OK),
    )
    assert found == Standing({Status.OK: 2, Status.TRUNCATED: 1}, 3, 1.5, has_answers=True)


def test_faults_and_what_was_turned_away_are_no_answers():
    away = sample(1, Status.REFUSED, 0.0, error="filtered")
    assert not standing(sample(0, Status.ERROR, None, error="HTTP 500"), away).has_answers
    assert standing() == Standing()
