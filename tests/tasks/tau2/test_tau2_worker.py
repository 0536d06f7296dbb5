"""What a worker loads is what a Python without quantgate's libraries has."""

import subprocess
import sys
from pathlib import Path

WORKER = Path(__file__).resolve().parents[3] / "tasks" / "tau2" / "worker.py"
ALLOWED = {
    "quantgate.evals.errors",
    "quantgate.evals.endpoint.bodies",
    "quantgate.evals.endpoint.content_parts",
    "quantgate.evals.endpoint.failures",
    "quantgate.evals.endpoint.finish_reasons",
    "quantgate.evals.endpoint.origin",
    "quantgate.evals.endpoint.overflow",
    "quantgate.evals.endpoint.refusals",
    "quantgate.evals.endpoint.remedies",
    "quantgate.evals.endpoint.reply",
    "quantgate.evals.endpoint.tool_reply",
    "quantgate.evals.endpoint.http_status",
    "quantgate.evals.contract.fault",
    "quantgate.evals.contract.harmony",
    "quantgate.evals.contract.records",
    "quantgate.evals.contract.thoughts",
    "quantgate.evals.contract.tool_calls",
    "quantgate.evals.secrets",
    "quantgate.evals.text",
}
SCRIPT = """
import runpy, sys
runpy.run_path(sys.argv[1], run_name="worker")["_expose_package"]()
import quantgate.tasks.tau2.commands
print(*sys.modules)
"""


def test_it_loads_the_standard_library_and_a_few_modules_of_quantgate():
    # -S: no site-packages, so that an import of a library would fail.
    command = [
        sys.executable,
        "-S",
        "-c",
        SCRIPT,
        str(WORKER.parents[2] / "quantgate" / "tasks" / "tau2" / "worker.py"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    packages = {name.rpartition(".")[0] for name in loaded} | {"quantgate.tasks.tau2"}
    own = {name for name in loaded if name.startswith("quantgate.") and name not in packages}
    assert {name for name in own if not name.startswith("quantgate.tasks.tau2.")} == ALLOWED
    assert {name.partition(".")[0] for name in loaded} - {"__main__"} == {"quantgate"}
