"""What the viewer does with runs as they are in life: private, growing, broken, read-only, from long ago."""

import json
import os
import sqlite3
import stat
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest

from quantgate.evals.contract.asked import Asked
from quantgate.evals.errors import RunDirectoryError
from quantgate.view import index
from quantgate.view.search import Search
from quantgate.view.store import Store
from quantgate.view.types import Filter
from tests.view.written import add, answered, key_of, task_of, viewing, write_run

QUESTION = Asked("gsm8k", "1", "hash 1", ({"role": "user", "content": "A secret question"},), reference="secret right")
ITEM = urlencode({"item_task": "gsm8k", "item": "1"})


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "quantgate" / "view"


def items(viewer, **chosen):
    return [row.item_id for row in viewer.store.items((key_of(viewer, "run"),), Filter(**chosen), 0).rows]


@pytest.fixture
def private(tmp_path):
    said = {"response": "secret answer", "reasoning": "secret thought", "extracted": "secret result"}
    return write_run(tmp_path / "run", [answered("1", **said)], asked=[QUESTION], private="Keep it offline.")


def test_no_text_of_a_private_task_is_shown(private):
    with viewing(private) as viewer:
        key = key_of(viewer, "run")
        for path in ("", f"run/{key}", f"run/{key}/item?{ITEM}"):
            assert "secret" not in viewer.get(path).text
        assert "Keep it offline." in viewer.get(f"run/{key}/item?{ITEM}").text
        assert "--reveal" in viewer.get(f"run/{key}").text


def test_no_search_tells_what_a_private_text_holds(private):
    with viewing(private) as viewer:
        assert items(viewer, search="secret") == []
        assert items(viewer, search="1") == ["1"]


def test_how_far_a_search_is_is_told_while_it_is_at_the_questions(tmp_path, monkeypatch):
    run, go_on = write_run(tmp_path / "run", [answered("1"), answered("2")], asked=[QUESTION]), Event()
    monkeypatch.setattr(Search, "_look_through_prompts", lambda *_: go_on.wait(30))
    with viewing(run) as viewer, Store([run], patience_s=0.01) as store:
        key = key_of(viewer, "run")  # by now it is in the index
        assert "looked through 0 of 2 answers so far" in store.items((key,), Filter(search="x"), 0).notes[-1]
        go_on.set()


def test_a_private_text_is_shown_where_that_is_asked_for(private):
    with viewing(private, reveal=True) as viewer:
        shown = viewer.get(f"run/{key_of(viewer, 'run')}/item?{ITEM}").text
        assert all(text in shown for text in ("secret answer", "secret thought", "A secret question", "secret right"))
        assert items(viewer, search="secret") == ["1"]


def test_a_run_that_grows_is_shown_as_it_grows(tmp_path):
    run = write_run(tmp_path / "run", [answered("1")], tasks=[task_of(["1", "2", "3"])])
    with viewing(run) as viewer:
        assert items(viewer) == ["1"]
        (row,) = viewer.store.overview().runs
        assert row.live
        assert row.tasks[0].stored == 1
        add(run, answered("3"), answered("2", 0.0, response="found later"))
        assert items(viewer) == ["1", "2", "3"]
        (row,) = viewer.store.overview().runs
        assert (row.live, row.tasks[0].stored, row.tasks[0].score) == (False, 3, pytest.approx(2 / 3))


def test_a_search_goes_on_with_what_has_come_and_forgets_what_is_replaced(tmp_path):
    run = write_run(tmp_path / "run", [answered("1", response="needle")], tasks=[task_of(["1", "2"])])
    with viewing(run) as viewer:
        assert items(viewer, search="needle") == ["1"]
        add(run, answered("2", response="a NEEDLE, too"), answered("1", response="nothing"))
        assert items(viewer, search="needle") == ["2"]


def test_the_score_of_strata_that_weigh_is_the_mean_of_their_means(tmp_path):
    samples = [answered("1", 1.0, stratum="a"), answered("2", 0.0, stratum="b"), answered("3", 0.0, stratum="b")]
    with viewing(write_run(tmp_path / "run", samples)) as viewer:
        assert viewer.store.overview().runs[0].tasks[0].score == 0.5
    with viewing(write_run(tmp_path / "other", samples, settings={"weights": "items"})) as viewer:
        assert viewer.store.overview().runs[0].tasks[0].score == pytest.approx(1 / 3)


def test_a_run_that_cannot_be_read_is_listed_with_the_reason(tmp_path):
    write_run(tmp_path / "good", [answered("1")])
    (write_run(tmp_path / "bad", [answered("1")]) / "run.json").write_text("{", encoding="utf-8")
    with viewing(tmp_path) as viewer:
        bad = next(run for run in viewer.store.overview().runs if run.problem)
        assert (bad.label, "is no quantgate run record" in bad.problem) == ("bad", True)
        assert "is no quantgate run record" in viewer.get().text
        with pytest.raises(RunDirectoryError):
            viewer.store.items((bad.key,), Filter(), 0)
        assert viewer.get(f"run/{bad.key}").status == 409


def test_a_run_without_write_permission_or_prompts_is_shown(tmp_path):
    run = write_run(tmp_path / "run", [answered("1")])
    run.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with viewing(run) as viewer:
            assert items(viewer) == ["1"]
            assert viewer.get(f"run/{key_of(viewer, 'run')}/item?{ITEM}").status == 200
    finally:
        run.chmod(0o700)


def test_the_index_is_kept_for_the_next_time_and_for_nobody_else(tmp_path, cache):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")])
    for _ in range(2):
        with viewing(run) as viewer:
            assert items(viewer) == ["1", "2"]
    (file,) = cache.glob("*.sqlite")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM answer").fetchone() == (2,)


@pytest.mark.parametrize("how", ["no database", "half of one"])
def test_a_broken_index_is_made_anew(tmp_path, cache, how):
    run = write_run(tmp_path / "run", [answered(str(number)) for number in range(400)])
    with viewing(run) as viewer:
        assert len(items(viewer)) == 100
    (file,) = cache.glob("*.sqlite")
    content = b"no database" * 500 if how == "no database" else file.read_bytes()[:9000]
    for each in cache.iterdir():
        each.unlink()
    file.write_bytes(content)
    with viewing(run) as viewer:
        assert len(items(viewer)) == 100


def test_an_index_that_breaks_under_way_is_made_anew_at_the_next_look(tmp_path, cache):
    run = write_run(tmp_path / "run", [answered(str(number)) for number in range(400)])
    with viewing(run) as viewer:
        assert len(items(viewer)) == 100
        (file,) = cache.glob("*.sqlite")
        for each in cache.glob("*.sqlite-*"):
            each.unlink()
        file.write_bytes(b"no database" * 500)
        key = key_of_broken(viewer)
        assert viewer.get(f"run/{key}").status in (200, 409)
        assert viewer.get(f"run/{key}").status == 200


def key_of_broken(viewer) -> str:
    (run,) = viewer.store.overview().runs
    return run.key


@pytest.mark.parametrize("why", ["a file stands there", "no permission"])
def test_without_a_cache_a_temporary_one_does(tmp_path, cache, why):
    run = write_run(tmp_path / "run", [answered("1")])
    if why == "a file stands there":
        cache.parent.parent.write_text("no folder", encoding="utf-8")
    elif os.geteuid() == 0:
        cache.mkdir(parents=True)
        # The superuser may write anywhere: a folder of the index's name is what cannot be written.
        from quantgate.view.naming import key_of as named
        from quantgate.view.runs import VERSION

        (cache / f"{named(run)}.{VERSION}.sqlite").mkdir()
    else:
        cache.mkdir(parents=True)
        cache.chmod(0o500)
    with viewing(run) as viewer:
        assert items(viewer) == ["1"]


def test_two_viewers_of_one_run_do_not_meet(tmp_path, cache):
    run = write_run(tmp_path / "run", [answered(str(number)) for number in range(150)])
    with viewing(run) as first, viewing(run) as second:
        assert items(first) == items(second) == [str(number) for number in range(100)]


def test_what_is_damaged_or_was_not_to_be_asked_is_told(tmp_path):
    run = write_run(tmp_path / "run", [answered("1"), answered("2")], tasks=[task_of(["1"])])
    with (run / "samples.jsonl").open("ab") as stream:
        stream.write(b"{broken}\n")
    with viewing(run) as viewer:
        notes = " ".join(viewer.store.items((key_of(viewer, "run"),), Filter(), 0).notes)
        assert "passed over in samples.jsonl: 1 damaged line." in notes
        assert "left out, since not to be asked or not of a finished regrade: 1 answer." in notes


def test_the_first_page_does_not_wait_for_the_whole_run_and_says_so(tmp_path, cache, monkeypatch):
    seen, step = Event(), index._step
    monkeypatch.setattr(index, "_step", lambda *arguments: step(*arguments) if seen.wait(60) else None)
    run = write_run(tmp_path / "run", [answered(str(number)) for number in range(150)])
    with Store([run], patience_s=0) as store:
        (row,) = store.overview().runs
        first = store.items((row.key,), Filter(), 0)
        assert row.live
        assert first.runs[0].live
        assert "its answers are being read" in " ".join(first.notes)
        seen.set()
        while (page := store.items((row.key,), Filter(), 0)).notes:
            pass
        assert (page.total, page.runs[0].live) == (150, False)


def test_a_conversation_is_searched_and_shown(tmp_path):
    run = write_run(tmp_path / "run", [answered("1", task="tau2", response="simulations/retail/1.json")])
    (run / "simulations" / "retail").mkdir(parents=True)
    messages = [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "On its way."}]
    told = json.dumps({"simulation": {"messages": messages}})
    (run / "simulations" / "retail" / "1.json").write_text(told, encoding="utf-8")
    with viewing(run) as viewer:
        assert items(viewer, search="PARCEL") == ["1"]
        assert items(viewer, search="refund") == []
        path = f"run/{key_of(viewer, 'run')}/item?" + urlencode({"item_task": "tau2", "item": "1"})
        assert "On its way." in viewer.get(path).text


def test_an_index_that_nobody_has_used_for_long_is_taken_away(tmp_path, cache):
    old, used = write_run(tmp_path / "old", [answered("1")]), write_run(tmp_path / "run", [answered("1")])
    with viewing(old, used) as viewer:
        assert len(viewer.store.overview().runs) == 2
        assert len(list(cache.glob("*.sqlite"))) == 2
    for file in cache.iterdir():
        os.utime(file, (1, 1))
    with viewing(used) as viewer:
        assert items(viewer) == ["1"]
        assert len(list(cache.glob("*.sqlite"))) == 1


def test_a_run_without_an_answer_yet_has_an_empty_list_whatever_is_looked_for(tmp_path):
    run = write_run(tmp_path / "run", [], tasks=[task_of(["1", "2"])], asked=[QUESTION])
    (run / "samples.jsonl").unlink()
    with viewing(run) as viewer:
        assert items(viewer) == items(viewer, search="secret") == items(viewer, wrong=True) == []
        (row,) = viewer.store.overview().runs
        assert (row.tasks[0].planned, row.tasks[0].stored, row.tasks[0].score) == (2, 0, None)
        add(run, answered("1"))
        assert items(viewer, search="secret") == ["1"]


def test_what_was_asked_is_a_pipe_and_the_answers_are_searched_all_the_same(tmp_path):
    run = write_run(tmp_path / "run", [answered("1", response="needle"), answered("2")])
    os.mkfifo(run / "prompts.jsonl")
    with viewing(run) as viewer:
        assert items(viewer, search="needle") == ["1"]
        assert viewer.get(f"run/{key_of(viewer, 'run')}/item?{ITEM}").status == 200
