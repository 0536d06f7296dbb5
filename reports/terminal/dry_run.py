"""What a release would ask first, on the terminal: of each task the sampling and the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from quantgate.evals.contract.records import Prompt, Sampling
from quantgate.evals.release.first_request import FirstRequest
from quantgate.evals.text import one_line, printable

_LONGEST_LINE = 2000


def print_dry_run(console: Console, firsts: Iterable[FirstRequest]) -> None:
    """Print each task's first request, and that nothing was asked."""
    for first in firsts:
        console.print()
        console.print(Text(f"{one_line(first.task, 60)}, asked with {_sampling(first.sampling)}", style="bold"))
        if first.prompt is None:
            console.print(Text(f"  its first prompt is not shown: {one_line(first.kept_back, 400)}"), soft_wrap=True)
            continue
        for line in _lines(first.prompt):
            console.print(Text(f"  {one_line(line, _LONGEST_LINE)}"), soft_wrap=True)
    console.print()
    console.print(Text("a dry run: nothing was asked, and nothing written"))


def _lines(prompt: Prompt) -> Iterator[str]:
    for message in prompt.messages:
        yield f"[{message.get('role', '')}]"
        yield from printable(message.get("content") or "").split("\n")
    for continuation in prompt.continuations:
        if prompt.per_token is not None:
            yield "[log-probabilities of this text's tokens]"
        else:
            yield "[log-likelihood of the last text after the first]"
            yield from printable(continuation.context).split("\n")
        yield f"→ {continuation.text}"


def _sampling(sampling: Sampling) -> str:
    if not sampling.draws:
        return f"log-likelihoods within {sampling.max_length:,} tokens"
    named = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
    }
    told = [f"{name} {value:g}" for name, value in named.items() if value is not None]
    return ", ".join(told) or "the server's own sampling"
