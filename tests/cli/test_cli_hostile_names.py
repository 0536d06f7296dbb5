"""Names that somebody else has chosen: of tasks, builds, folders and servers' errors, in the log of a CI service."""

from __future__ import annotations

import json

import pytest

from tests.server.served import Reply, error_body, served_model

HOSTILE = "x\n::error::pwned\r::set-output name=a::b\u2028::stop-commands::c\x1b[2J ##[error]d"


def lines_of(*texts):
    return [line.strip() for text in texts for line in text.splitlines()]


@pytest.mark.parametrize("verb", ["gate {run} {other}", "compare {run} {other}", "regrade {run}", "gate {run} {gone}"])
def test_no_name_in_a_run_directory_begins_a_line(quantgate, arguments, rule, tmp_path, verb):
    places = {"run": tmp_path / "run", "other": tmp_path / "other", "gone": tmp_path / HOSTILE}
    with served_model(rule) as server:
        for place in ("run", "other"):
            quantgate(arguments(server.base_url, "--first", "3", out=places[place]))
    for place in ("run", "other"):
        folder = places[place]
        record = json.loads((folder / "run.json").read_text())
        record["label"] = record["model"] = HOSTILE + place
        record["tasks"][0]["name"] = HOSTILE
        (folder / "run.json").write_text(json.dumps(record))
        samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
        text = "".join(json.dumps(sample | {"task": HOSTILE}) + "\n" for sample in samples)
        (folder / "samples.jsonl").write_text(text)
    _, out, err = quantgate([part.format(**places) for part in verb.split()])
    assert "pwned" in out + err
    assert not [line for line in lines_of(out, err) if line.startswith("::") or "##[" in line or "\x1b" in line]


def test_no_words_of_a_server_begin_a_line(quantgate, arguments):
    with served_model(lambda body: Reply(status=400, body=error_body(HOSTILE))) as server:
        code, out, err = quantgate(arguments(server.base_url, "--first", "2", "--label", HOSTILE))
    assert code == 5
    assert "pwned" in out + err
    assert not [line for line in lines_of(out, err) if line.startswith("::") or "##[" in line or "\x1b" in line]
