"""What faults in a row mean."""

from quantgate.evals.endpoint.outage import Outage


def sent(outage: Outage, attempts: int) -> None:
    for _ in range(attempts):
        outage.sent()


def test_a_server_is_down_once_all_that_was_under_way_has_failed():
    outage = Outage()
    sent(outage, 5)
    told = [(outage.failed(0.0, 1.0), outage.is_down) for _ in range(5)]
    assert told == [(False, False)] * 4 + [(True, True)]


def test_a_server_that_still_works_on_something_is_only_full():
    outage = Outage()
    sent(outage, 5)
    for _ in range(4):
        outage.failed(0.0, 1.0)
    sent(outage, 50)
    for _ in range(50):
        outage.failed(2.0, 3.0)
    assert not outage.is_down
    assert not outage.is_silent


def test_one_or_two_faults_are_no_outage():
    outage = Outage()
    sent(outage, 2)
    outage.failed(0.0, 1.0)
    outage.failed(0.0, 1.0)
    assert not outage.is_down


def test_an_answer_ends_faults_in_a_row():
    outage = Outage()
    sent(outage, 4)
    for _ in range(3):
        outage.failed(0.0, 1.0)
    assert not outage.answered(0.0, 10)
    assert not outage.is_silent


def test_attempts_count_as_vain_one_after_the_other():
    outage = Outage()
    sent(outage, 6)
    for _ in range(3):
        outage.failed(0.0, 1.0)
    for _ in range(3):
        outage.failed(0.5, 1.1)
    assert outage.vain == 1
    sent(outage, 1)
    assert outage.failed(1.5, 2.0)
    assert outage.vain == 2


def test_after_an_outage_no_more_is_sent_in_the_first_second_than_is_told():
    outage = Outage()
    sent(outage, 3)
    for _ in range(3):
        outage.failed(0.0, 1.0)
    sent(outage, 1)
    assert outage.answered(10.0, 4)
    more = 0
    while outage.opens(10.5) <= 10.5:
        outage.sent()
        more += 1
    assert more == 3
    assert outage.opens(10.5) == 11.0
    assert outage.opens(11.0) == 11.0
