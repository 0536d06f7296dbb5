"""Makes a report the pull request's comment, in place of the one that an earlier check of the same release has left.

Run as `comment.py REPORT RELEASE` in a job of GitHub Actions, with the token in the environment. What goes wrong here
is a warning: the verdict is the check's.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_CHARACTERS = 65_000
"""GitHub takes 65,536 of them."""
_PAGE = 100
_TIMEOUT_S = 30


class CannotComment(Exception):
    """Why there is no comment, in a line."""


def main(report: str, release: str) -> None:
    """Write the comment, or warn that there is none."""
    try:
        print(f"the report is at {comment(Path(report), release)}")
    except CannotComment as error:
        print(f"::warning title=quantgate::no comment on the pull request: {' '.join(str(error).split())}")


def comment(report: Path, release: str) -> str:
    """The address of the comment that now has the report. Raises CannotComment."""
    marker = f"<!-- quantgate {json.dumps(release)[1:-1].replace('--', '- -')} -->"
    try:
        text = report.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotComment(f"{report} cannot be read: {error.strerror or error}") from None
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}\n\n… the rest is in the artifact."
    said = {"body": f"{marker}\n{text}"}
    of_repository = f"{_setting('GITHUB_API_URL')}/repos/{_setting('GITHUB_REPOSITORY')}/issues"
    of_pull = f"{of_repository}/{_pull_request()}/comments"
    for known in _comments(of_pull):
        if str(known.get("body", "")).startswith(marker):
            return str(_call("PATCH", f"{of_repository}/comments/{known['id']}", said)["html_url"])
    return str(_call("POST", of_pull, said)["html_url"])


def _comments(address: str) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found = _call("GET", f"{address}?per_page={_PAGE}&page={page}")
        yield from found
        if len(found) < _PAGE:
            return
        page += 1


def _pull_request() -> int:
    try:
        event = json.loads(Path(_setting("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
        return int((event.get("pull_request") or event["issue"])["number"])
    except (OSError, ValueError, KeyError, TypeError):
        raise CannotComment("the job runs for no pull request") from None


def _setting(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise CannotComment(f"{name} is not set" if name != "GITHUB_TOKEN" else "give the action a token")
    return value


def _call(method: str, address: str, said: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        address,
        method=method,
        data=None if said is None else json.dumps(said).encode(),
        headers={
            "Authorization": f"Bearer {_setting('GITHUB_TOKEN')}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "User-Agent": "quantgate",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        hint = "; the token must be allowed to write to pull requests" if error.code in (401, 403, 404) else ""
        raise CannotComment(f"GitHub answered {error.code} {error.reason}{hint}") from None
    except (OSError, ValueError) as error:
        raise CannotComment(f"GitHub cannot be reached: {error}") from None


if __name__ == "__main__":
    main(*sys.argv[1:])
