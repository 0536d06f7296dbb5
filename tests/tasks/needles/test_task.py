"""Generated texts with facts to find: the same everywhere, of the size that is said, graded by what is in them."""

import subprocess
import sys
from collections import Counter
from itertools import groupby, pairwise, permutations

import pytest

from quantgate.evals.errors import UsageError
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.needles import words
from quantgate.tasks.needles.info import INFO
from quantgate.tasks.needles.measure import K, lengths, size
from quantgate.tasks.needles.sources import KINDS
from quantgate.tasks.needles.task import Needles

SHORT = (2 * K, 8 * K)

HASHES = """
from quantgate.evals.hashing import canonical_hash
from quantgate.tasks.needles.task import Needles
task = Needles((2048, 8192), per_cell=2, seed=7)
print(canonical_hash(task.prompt(item, 0).prompt_hash for item in task.items()))
"""


@pytest.fixture(scope="module")
def task():
    return Needles(SHORT, per_cell=2)


def text_of(task, item):
    return "\n".join(message["content"] for message in task.prompt(item, 0).messages)


def of_kind(task, kind):
    return [item for item in task.items() if item.item_id.startswith(f"{kind}-")]


def test_every_process_asks_the_same():
    asked = {
        subprocess.run(
            [sys.executable, "-c", HASHES], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    task = Needles(SHORT, per_cell=2, seed=7)
    asked.add(canonical_hash(task.prompt(item, 0).prompt_hash for item in task.items()) + "\n")
    assert asked == {"d8d7f1d9e7aaa26372a18e29413533863802bd2590c16ab2c8f5db1a80a12b30\n"}


def test_other_seeds_ask_other_things_and_do_not_pair():
    one, other = Needles(SHORT, per_cell=1, seed=1), Needles(SHORT, per_cell=1, seed=2)
    assert one.identity.settings != other.identity.settings
    assert one.identity.data_hash != other.identity.data_hash
    hashes = [{task.prompt(item, 0).prompt_hash for item in task.items()} for task in (one, other)]
    assert hashes[0].isdisjoint(hashes[1])


def test_a_question_does_not_depend_on_which_others_are_asked(task):
    few = Needles((8 * K,), ["variables", "rounds_8"], per_cell=1)
    assert len(few.items()) == 2
    for item in few.items():
        assert item in task.items()
        assert few.prompt(item, 0) == task.prompt(item, 0)


def test_every_kind_stands_at_every_length_in_a_stratum_of_its_own(task):
    strata = Counter(item.stratum for item in task.items())
    assert strata == {f"{length} {kind}": 2 for length in ("002k", "008k") for kind in KINDS}


def test_the_declared_strata_are_those_of_the_default():
    assert Counter(item.stratum for item in Needles().items()) == INFO.strata


def test_questions_about_one_text_are_asked_one_after_the_other_and_share_what_comes_before(task):
    runs = [(cluster, list(items)) for cluster, items in groupby(task.items(), key=lambda item: item.cluster)]
    assert len({cluster for cluster, _ in runs}) == len(runs)
    for _, items in runs:
        texts = [text_of(task, item) for item in items]
        least = min(map(len, texts)) - 350
        assert len({text[:least] for text in texts}) == 1


@pytest.mark.parametrize("length", [512, K, 2 * K, 4 * K, 32 * K])
def test_a_prompt_has_the_size_that_is_said(length):
    task = Needles((length,), per_cell=1)
    for item in of_kind(task, "single") + of_kind(task, "multi_key"):
        assert (0.75 if length < 2 * K else 0.86) < size(text_of(task, item)) / length <= 0.94
    for item in task.items():
        assert size(text_of(task, item)) <= length


def test_where_no_conversation_has_room_it_is_left_out_and_said():
    task = Needles((K,), per_cell=1)
    assert not of_kind(task, "rounds_2")
    assert "rounds_2 at 001k" in task.identity.notes[0]
    with pytest.raises(UsageError, match="no text for rounds_8 can be made at a length of 001k"):
        INFO.load(options(lengths=(K,), kinds=("rounds_8",)))


def test_each_fact_stands_in_the_text_once_and_its_key_nowhere_else(task):
    for item in of_kind(task, "single") + of_kind(task, "multi_key"):
        text, answer = text_of(task, item), task.reference(item, 0)
        before, _, after = text.partition(f" is {answer}.")
        key = before.rpartition(". ")[2].removeprefix("The ")
        assert answer not in before + after
        assert text.count(key) == 2
        assert after.count(key) == 1


def test_the_variables_are_those_of_one_chain_in_its_order(task):
    for item in of_kind(task, "variables"):
        text, names = text_of(task, item), task.reference(item, 0).split(", ")
        places = [text.index(f"VAR {name} = ") for name in names]
        assert len(names) == 5
        assert places == sorted(places)
        assert all(f"VAR {name} = VAR {before}." in text for before, name in pairwise(names))
        value = text.partition(f"VAR {names[0]} = ")[2][:5]
        assert f"the value {value}," in text
        assert text.count("VAR ") == 9


def test_the_common_entries_are_the_most_frequent_ones(task):
    for item in of_kind(task, "common_words"):
        listed = Counter(text_of(task, item).split("\n\n")[1].split("\n"))
        often, seldom = (30, 3) if "008k" in item.item_id else (6, 1)
        assert {entry for entry, count in listed.items() if count == often} == set(task.reference(item, 0).split(", "))
        assert Counter(listed.values()) == {often: 10, seldom: len(listed) - 10}


def test_the_frequent_words_are_the_most_frequent_ones_but_for_the_dots(task):
    for item in of_kind(task, "frequent_words"):
        counts = Counter(text_of(task, item).split("\n\n")[1].split())
        (dots, _), *words_, (_, fourth) = counts.most_common(5)
        assert dots == "..."
        assert [word for word, _ in words_] == task.reference(item, 0).split(", ")
        assert words_[-1][1] > fourth


def test_the_repeated_request_comes_so_many_times_and_the_answer_is_the_one_that_is_asked_for(task):
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    for count in (2, 4, 8):
        for item in of_kind(task, f"rounds_{count}"):
            *turns, question = task.prompt(item, 0).messages
            told = question["content"].split()
            request = f"Write a {told[10]} about {told[12].rstrip('.')}."
            written = [
                reply["content"]
                for asked, reply in zip(turns[::2], turns[1::2], strict=True)
                if asked["content"] == request
            ]
            assert len(written) == len(set(written)) == count
            which = next(place for place, word in enumerate(ordinals) if f" {word} " in question["content"])
            assert task.reference(item, 0) == told[15] + written[which]


def test_the_reference_is_right_and_nothing_else_is(task):
    for item in task.items():
        assert task.grade(item, 0, task.reference(item, 0)).metrics == {"match": 1.0, "exact": 1.0}
        assert task.grade(item, 0, "I cannot find it.").metrics == {"match": 0.0, "exact": 0.0}


def test_no_entry_of_a_list_can_be_read_in_another():
    assert not [(one, other) for one, other in permutations(words.NAMING, 2) if other.endswith(one)]
    assert not [(one, other) for one, other in permutations(words.NAMED, 2) if other.startswith(one)]


def test_the_exact_metric_can_be_the_score():
    task = INFO.load(options(metric="exact", lengths=SHORT, per_cell=1))
    item = of_kind(task, "multi_value")[0]
    half = task.reference(item, 0).split(", ")[:2]
    grade = task.grade(item, 0, " and ".join(half))
    assert (task.identity.metric, grade.score, grade.metrics["match"]) == ("exact", 0.0, 0.5)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("4k,16k", (4096, 16384)),
        ("16384, 4K", (4096, 16384)),
        ("512", (512,)),
        ("0.5k", (512,)),
        ([2048, "1k"], (1024, 2048)),
    ],
)
def test_lengths_are_read(given, read):
    assert lengths(given) == read


@pytest.mark.parametrize(
    "given", ["", "0", "100", "1000", "5.5k", "1025k", "-4k", "4k;8k", 4096.5, None, "9" * 5000, "4kk"]
)
def test_other_lengths_are_refused(given):
    with pytest.raises(ValueError, match="must be lengths"):
        lengths(given)


def test_unknown_kinds_are_refused_with_those_that_there_are():
    kinds = next(option for option in INFO.options if option.name == "kinds")
    assert kinds.read("rounds_2,single") == ("single", "rounds_2")
    with pytest.raises(ValueError, match="must be some of single, multi_key"):
        kinds.read("single,doubles")


def options(metric=None, **own):
    from quantgate.evals.contract.task import TaskOptions

    return TaskOptions(metric=metric, own=own)
