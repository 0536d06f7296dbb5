"""A fleet file: a release file with servers that are started."""

from __future__ import annotations

import json

import pytest
import yaml

from quantgate.cli.installed import known_tasks
from quantgate.evals.errors import UsageError
from quantgate.evals.settings.fleet import load_fleet

COMMAND = "vllm serve {model} --port {port}"


@pytest.fixture
def load(tmp_path):
    """Reads a fleet file that says this; what is `None` is left out."""

    def read(overrides=None, **says):
        document = {
            "serve": COMMAND,
            "baseline": {"label": "bf16", "model": "org/m"},
            "candidates": [{"label": "fp8", "model": "org/m-fp8"}, {"label": "mx", "model": "org/m mx"}],
            "tasks": {"arithmetic": {"margin": 0.05}},
            "out": "out",
            **says,
        }
        file = tmp_path / "fleet.yaml"
        file.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
        return load_fleet(file, overrides or {}, known_tasks())

    return read


def refusal(load, **says) -> str:
    with pytest.raises(UsageError) as raised:
        load(**says)
    return str(raised.value).partition("fleet.yaml: ")[2]


def test_one_command_serves_all_builds_each_with_its_model_and_a_port(load):
    fleet = load()
    assert list(fleet.serves) == ["bf16", "fp8", "mx"]
    address = fleet.serves["mx"].at(8123, model="org/m mx", label="mx")
    assert (address.base_url, address.command) == ("http://127.0.0.1:8123/v1", "vllm serve 'org/m mx' --port 8123")
    assert fleet.configs("mx", address.base_url)["arithmetic"].base_url == address.base_url
    assert (fleet.parallel, fleet.serves["mx"].health, fleet.serves["mx"].timeout_s) == (1, "/v1/models", 1800)


def test_what_a_build_says_of_its_server_wins_over_the_top(load):
    candidates = [{"label": "fp8", "model": "m", "serve": {"timeout": "1h", "health": "/health"}}]
    fleet = load(candidates=candidates)
    serve = fleet.serves["fp8"]
    assert (serve.command, serve.timeout_s, serve.health) == (COMMAND, 3600, "/health")


def test_a_build_with_an_address_is_there_already(load):
    fleet = load(candidates=[{"label": "there", "model": "m", "base_url": "http://127.0.0.1:8001/v1"}])
    assert list(fleet.serves) == ["bf16"]
    assert fleet.configs("there")["arithmetic"].base_url == "http://127.0.0.1:8001/v1"


def test_braces_that_are_no_name_stay_as_they_are(load):
    fleet = load(serve=COMMAND + """ --override '{"a": {port}}' {other}""")
    address = fleet.serves["fp8"].at(1, model="m", label="fp8")
    assert address.command == """vllm serve m --port 1 --override '{"a": 1}' {other}"""


def test_braces_in_a_models_name_stay_inside_its_quotes(load):
    fleet = load(candidates=[{"label": "a b", "model": "org/{label} $(id)"}])
    assert fleet.serves["a b"].at(9, model="org/{label} $(id)", label="a b").command == (
        "vllm serve 'org/{label} $(id)' --port 9"
    )


def test_a_server_may_have_an_address_of_its_own_with_a_port_that_is_chosen(load):
    fleet = load(base_url="http://10.0.0.2:{port}/v1")
    assert fleet.serves["fp8"].at(5, model="m", label="fp8").base_url == "http://10.0.0.2:5/v1"


def test_the_copy_can_be_used_again_and_is_understood_alike(load, tmp_path):
    fleet = load(parallel=2, pass_if="any")
    (tmp_path / "copy.yaml").write_text(fleet.copy)
    again = load_fleet(tmp_path / "copy.yaml", {}, known_tasks())
    assert (again.serves, again.parallel, again.pass_if) == (fleet.serves, fleet.parallel, fleet.pass_if)
    assert yaml.safe_load(again.copy) == yaml.safe_load(fleet.copy)


def test_the_command_line_wins(load):
    assert load({"parallel": 3}).parallel == 3


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ({"serve": None}, "baseline: say where it is served (base_url), or by which command it is to be"),
        ({"serve": "vllm serve m"}, "baseline.base_url is missing"),
        ({"serve": 5}, "serve 5: write the command"),
        ({"serve": {"comand": "x {port}"}}, "serve.comand is not known; did you mean command?"),
        ({"serve": {"command": COMMAND, "timeout": "soon"}}, 'serve.timeout "soon": write a length of time'),
        ({"serve": {"command": COMMAND, "health": "health"}}, 'serve.health "health": write a path'),
        ({"serve": COMMAND + " --api-key sk-abcdef123456"}, "serve: no key stands in the file"),
        ({"serve": COMMAND + " --api-key=plain9word2said"}, "serve: no key stands in the file"),
        ({"serve": "docker run -e MY_TOKEN='plain9word2said' " + COMMAND}, "serve: no key stands in the file"),
        (
            {"serve": {"command": COMMAND, "health": "/up?key=plain9word2said"}},
            "serve.health: no key stands in the file",
        ),
        ({"out": "s3://bucket/fleet"}, "out s3://bucket/fleet: name a folder of this machine"),
        ({"serve": {"command": COMMAND, "health": "/up?a=b"}}, "serve.health: write a path without a query"),
        ({"parallel": 0}, "parallel 0: say how many"),
        ({"parallel": True}, "parallel true: say how many"),
        ({"paralel": 2}, "paralel is not known; did you mean parallel?"),
        ({"pass_if": "some"}, 'pass_if "some": write all or any'),
        ({"order": "baseline-first"}, "order: a fleet's baseline is asked first"),
        ({"first": "likelihood", "tasks": ["likelihood"]}, "first: a fleet asks all of its tasks"),
        ({"candidates": [{"label": "servers", "model": "m"}]}, "label servers: a file of the fleet is called so"),
        (
            {"base_url": "http://127.0.0.1:8000/v1", "parallel": 2},
            "parallel: fp8 and mx would be served at one address at the same time",
        ),
        (
            {"candidates": [{"label": "a", "run": ".", "serve": COMMAND}]},
            "candidates[0].serve: a finished run is not asked again",
        ),
        ({"candidates": [{"label": "a", "model": "m", "marign": 1}]}, "candidates[0].marign is not known"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(load, says, told):
    assert refusal(load, **says).startswith(told)
    assert "sk-abcdef" not in refusal(load, **says)
    assert "plain9word2said" not in refusal(load, **says)


@pytest.mark.parametrize(
    "given",
    ["--api-key $KEY", '--api-key "$KEY"', "--api-key dummy-key", "--max-tokens 16384", "--ssl-keyfile server.key"],
)
def test_a_key_by_the_name_of_its_variable_is_none_in_the_file(load, given):
    assert given in load(serve=f"{COMMAND} {given}").serves["fp8"].command


def test_one_address_for_all_is_what_one_gpu_has(load):
    fleet = load(base_url="http://127.0.0.1:8000/v1", serve="vllm serve {model} --port 8000")
    assert {serve.base_url for serve in fleet.serves.values()} == {"http://127.0.0.1:8000/v1"}
