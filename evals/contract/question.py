"""What was asked, as one text for somebody who reads the answers to it."""

from __future__ import annotations

from quantgate.evals.contract.asked import Asked


def question(asked: Asked) -> str | None:
    """The last thing that the user said, with what was laid into the model's mouth after it.

    Where continuations were scored, their context and each of them on a line of its own. `None` where the text was not
    kept.
    """
    if asked.continuations:
        first = asked.continuations[0].context
        contexts = {each.context for each in asked.continuations}
        choices = [each.text if len(contexts) == 1 else each.context + each.text for each in asked.continuations]
        return "\n".join([*([first] if len(contexts) == 1 else []), *(f"· {choice.strip()}" for choice in choices)])
    said = [place for place, message in enumerate(asked.messages) if message.get("role") == "user"]
    told = [message.get("content", "") for message in asked.messages[said[-1] if said else 0 :]]
    return "\n".join(told) if told else None
