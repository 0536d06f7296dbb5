"""Sends sheets to Weights & Biases, in a process of its own: `python -m quantgate.reports.sinks.to_wandb`."""

from __future__ import annotations

import csv
import io
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from quantgate.reports.sinks.child import answer
from quantgate.reports.sinks.types import Order, Sheet

_PROJECT = "quantgate"
_TABLE = "flips.csv"
AUTO = "auto"
_FOLDERS = ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR")


def send(order: Order) -> str:
    """Make a run for each sheet, all in one group; gives the first one's address, or its folder where it is offline."""
    _without_home()
    import wandb

    entity, _, project = ("" if order.target == AUTO else order.target).rpartition("/")
    settings = wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        x_disable_stats=True,
        x_disable_meta=True,
        init_timeout=20,
        login_timeout=20,
    )
    group = secrets.token_hex(4) if len(order.sheets) > 1 else None
    places = []
    for sheet in order.sheets:
        run = wandb.init(
            project=project or os.environ.get("WANDB_PROJECT") or _PROJECT,
            entity=entity or None,
            name=sheet.name,
            group=group,
            job_type=sheet.kind,
            config=dict(sheet.facts),
            tags=[sheet.kind, sheet.tags["verdict"]],
            notes=sheet.note,
            settings=settings,
        )
        if run.disabled:
            raise ValueError("WANDB_MODE is disabled")
        # Of an account without a name the key stands in the query.
        places.append(run.url.partition("?")[0] if run.url else str(Path(run.dir).parent))
        _write(wandb, run, sheet)
    return places[0]


def _write(wandb: Any, run: Any, sheet: Sheet) -> None:
    run.summary.update({**sheet.figures, **sheet.tags})
    if sheet.files:
        artifact = wandb.Artifact(f"{sheet.kind}-{run.id}", type="quantgate-decision")
        for name, text in sheet.files.items():
            with artifact.new_file(name, mode="w", encoding="utf-8") as stream:
                stream.write(text)
        run.log_artifact(artifact)
    if _TABLE in sheet.files:
        columns, *rows = csv.reader(io.StringIO(sheet.files[_TABLE], newline=""))
        run.log({"flips": wandb.Table(columns=columns, data=rows)})
    run.finish()


def _without_home() -> None:
    """Where there is no home that can be written, its folders are temporary ones, as on some CI machines."""
    home = os.path.expanduser("~")
    if not os.access(home, os.W_OK):
        folder = tempfile.mkdtemp(prefix="quantgate-wandb-")
        for name in _FOLDERS:
            os.environ.setdefault(name, folder)


if __name__ == "__main__":
    answer(send)
