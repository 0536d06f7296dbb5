"""Fetches one file of a dataset from the Hugging Face hub, and explains what to do when that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quantgate.evals.contract.task import Fetched
from quantgate.evals.errors import DataError
from quantgate.tasks.data.reach import fetching, out_of_reach, why_out_of_reach


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a dataset at one commit."""

    dataset: str
    path: str
    revision: str

    @property
    def page(self) -> str:
        return f"https://huggingface.co/datasets/{self.dataset}"


def download(wanted: HubFile, task: str) -> Path:
    """The file in the hub's own cache on this machine, fetched when it is not there yet.

    The token is that of `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN` or `hf auth login`; `HF_ENDPOINT` names another hub.

    Raises
    ------
    DataError
        When there is no access, no network or no such file: with what to do about it.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # Its notices of retries would come between the lines of the progress bar.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    held = try_to_load_from_cache(wanted.dataset, wanted.path, repo_type="dataset", revision=wanted.revision)
    if isinstance(held, str):
        return Path(held)
    if (why := why_out_of_reach(wanted.dataset)) is not None:
        raise DataError(out_of_reach(task, why, wanted.dataset, elsewhere(task)))
    try:
        with fetching(wanted.dataset):
            return Path(hf_hub_download(wanted.dataset, wanted.path, repo_type="dataset", revision=wanted.revision))
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise DataError(_no_access(wanted, task, error)) from None
    except (LocalEntryNotFoundError, OfflineModeIsEnabled):
        raise DataError(
            out_of_reach(task, "the Hugging Face hub cannot be reached from here", wanted.dataset, elsewhere(task))
        ) from None
    except (RevisionNotFoundError, EntryNotFoundError):
        raise DataError(
            f"{task}: {wanted.dataset} has no {wanted.path} at revision {wanted.revision} any more. {elsewhere(task)}"
        ) from None
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        if status in (401, 403):
            raise DataError(_no_access(wanted, task, error)) from None
        raise DataError(
            f"{task}: the Hugging Face hub answers with HTTP {status}; try later. {elsewhere(task)}"
        ) from None
    except OSError as error:
        said = f"{type(error).__name__}: {error.strerror or 'the download failed'}"
        raise DataError(f"{task}: {wanted.dataset} could not be fetched ({said}). {elsewhere(task)}") from None


def hub_fetch(task: str, published: Mapping[str, HubFile]) -> Callable[[Mapping[str, Path], Path], Fetched]:
    """What `TaskData.fetch` is for a task with one file on the hub for each split, all of one dataset and commit.

    The function raises DataError as `download` does.
    """

    def fetch(given: Mapping[str, Path], folder: Path) -> Fetched:
        if given:
            return Fetched(given, {f"file_{split}": file.name for split, file in given.items()})
        files = {split: download(file, task) for split, file in published.items()}
        one = next(iter(published.values()))
        return Fetched(files, {"dataset": one.dataset, "revision": one.revision})

    return fetch


def newest_revision(dataset: str) -> str | None:
    """The commit that the hub's main branch of a dataset is at; `None` when the hub does not say."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    try:
        sha = HfApi().dataset_info(dataset).sha
    except (HTTPError, OSError, ValueError):
        return None
    return sha if isinstance(sha, str) else None


def _no_access(wanted: HubFile, task: str, error: Exception) -> str:
    from huggingface_hub import get_token

    status = getattr(getattr(error, "response", None), "status_code", None)
    if get_token() is None:
        todo = f"Ask for access on {wanted.page}, then set HF_TOKEN to a token of that account (or `hf auth login`)."
    elif status == 401:
        todo = f"The hub does not take the token that is set: renew HF_TOKEN, of an account that {wanted.page} lets in."
    else:
        todo = f"The token's account has not been let in: accept the terms on {wanted.page} and await the approval."
    return f"{task}: {wanted.dataset} is gated, and the hub gives no access (HTTP {status}). {todo} {elsewhere(task)}"


def elsewhere(task: str) -> str:
    """How a task's data are given without the hub."""
    return (
        f"Without the hub: give the file itself with --data {task}=FILE, or a bundle that "
        f"`quantgate data fetch {task} --out BUNDLE` made on another machine with --data-dir BUNDLE"
    )
