"""Sends sheets to MLflow, in a process of its own: `python -m quantgate.reports.sinks.to_mlflow`."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from quantgate.reports.sinks.child import answer
from quantgate.reports.sinks.types import Order, Sheet

_EXPERIMENT = "quantgate"
_AT_ONCE = 100
"""Of the parameters and tags of a batch; of metrics there may be 1,000."""
_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A folder is what the user has named, and MLflow 3 takes none without being told so.
    "MLFLOW_ALLOW_FILE_STORE": "true",
}
"""Unless the user has set them."""
AUTO = "auto"


def send(order: Order) -> str:
    """Make a run for each sheet, those of parts below the first; gives the experiment and the first run's id."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import mlflow

    # For the whole process, as where files go is worked out from there, too.
    if order.target != AUTO:
        mlflow.set_tracking_uri(order.target)
    client = mlflow.MlflowClient()
    experiment, called = _experiment(client)
    first = _write(client, experiment, order.sheets[0], {})
    for sheet in order.sheets[1:]:
        _write(client, experiment, sheet, {"mlflow.parentRunId": first})
    where = f" in {mlflow.get_tracking_uri()}" if order.target == AUTO else ""
    return f"experiment {called}, run {first}{where}"


def _experiment(client: Any) -> tuple[str, str]:
    """The experiment that MLflow's own variables name, made where there is none; its id and its name."""
    if told := os.environ.get("MLFLOW_EXPERIMENT_ID"):
        return told, told
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or _EXPERIMENT
    if (found := client.get_experiment_by_name(name)) is not None:
        return str(found.experiment_id), name
    try:
        return str(client.create_experiment(name)), name
    except Exception:
        # Another job may have made it meanwhile.
        if (found := client.get_experiment_by_name(name)) is None:
            raise
        return str(found.experiment_id), name


def _write(client: Any, experiment: str, sheet: Sheet, tags: dict[str, str]) -> str:
    from mlflow.entities import Metric, Param

    own = {f"quantgate.{name}": value for name, value in sheet.tags.items()}
    own |= {"quantgate.kind": sheet.kind, "mlflow.note.content": sheet.note}
    run = client.create_run(experiment, run_name=sheet.name, tags={**own, **tags})
    name = str(run.info.run_id)
    try:
        metrics = [Metric(key, value, run.info.start_time, 0) for key, value in sheet.figures.items()]
        params = [Param(key, value) for key, value in sheet.facts.items()]
        for at in range(0, max(len(metrics), len(params)), _AT_ONCE):
            client.log_batch(name, metrics=metrics[at : at + _AT_ONCE], params=params[at : at + _AT_ONCE])
        for file, text in sheet.files.items():
            client.log_text(name, text, file)
    except BaseException:
        with suppress(Exception):
            client.set_terminated(name, "FAILED")
        raise
    client.set_terminated(name, "FINISHED")
    return name


if __name__ == "__main__":
    answer(send)
