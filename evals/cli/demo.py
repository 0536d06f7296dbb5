"""`quantgate demo`: the whole job on a real small model that comes from PyPI."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    pass
