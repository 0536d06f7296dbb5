"""The user's files reach a machine that has none of them, and what names them there is what they are."""

from __future__ import annotations

import sys
from pathlib import Path

from quantgate.cluster.shipping import config_in, own_in, packed, unpack
from quantgate.evals.settings.run import RunConfig
from quantgate.tasks.loading import configured_task


def configured(**options) -> RunConfig:
    return RunConfig(**{"task": ["gsm8k"], "base_url": "http://127.0.0.1:1/v1", "model": "m", "out": "run", **options})


def test_a_data_file_comes_with_the_one_that_lies_beside_it(gsm8k_files, tmp_path):
    config = configured(data={"gsm8k": gsm8k_files[0]})
    here = configured_task("gsm8k", config, {})
    sent = packed({"gsm8k": config}, {"gsm8k": {}})
    unpack(sent.files, tmp_path)
    there_config = config_in(tmp_path, sent.configs["gsm8k"])
    there = configured_task("gsm8k", there_config, {})
    assert there.identity.data_hash == here.identity.data_hash
    assert all(tmp_path in file.parents for file in there_config.data.values())
    assert [there.prompt(item, 0).prompt_hash for item in there.items()[:3]] == [
        here.prompt(item, 0).prompt_hash for item in here.items()[:3]
    ]


def test_certificates_and_folders_are_sent_and_programs_are_not(tmp_path):
    bundle, texts, there = tmp_path / "ca.pem", tmp_path / "texts", tmp_path / "there"
    bundle.write_text("certificates")
    texts.mkdir()
    (texts / "run.json").write_text("{}")
    there.mkdir()
    own = {"texts": texts, "tau2_python": Path(sys.executable), "domains": ("airline",)}
    sent = packed({"arithmetic": configured(ca_bundle=bundle)}, {"arithmetic": own})
    bundle.unlink()
    unpack(sent.files, there)
    config, own_there = config_in(there, sent.configs["arithmetic"]), own_in(there, sent.own["arithmetic"])
    assert config.ca_bundle.read_text() == "certificates"
    assert (own_there["texts"] / "run.json").read_text() == "{}"
    assert own_there["tau2_python"] == Path(sys.executable)
    assert own_there["domains"] == ("airline",)


def test_files_of_one_name_do_not_take_each_others_place(tmp_path):
    bundle, tokenizer, there = tmp_path / "a" / "x.json", tmp_path / "b" / "x.json", tmp_path / "there"
    for file in (bundle, tokenizer):
        file.parent.mkdir()
        file.write_text(file.parent.name)
    there.mkdir()
    sent = packed({"arithmetic": configured(ca_bundle=bundle, tokenizer=tokenizer)}, {"arithmetic": {}})
    unpack(sent.files, there)
    config = config_in(there, sent.configs["arithmetic"])
    assert (config.ca_bundle.read_text(), config.tokenizer.read_text()) == ("a", "b")
