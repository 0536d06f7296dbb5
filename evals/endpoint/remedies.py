"""What a refused request (HTTP 400) can be mended by, where the server's words tell."""

from __future__ import annotations

import re

_HINTS = (
    # "System role not supported" is Gemma's chat template; "Only user and assistant roles are supported" and
    # "Conversation roles must alternate" are Mistral's and Llama 2's.
    (
        r"system (role|message|prompt)s? (is |are )?(not supported|not allowed|unsupported)|roles must alternate|"
        r"user(,)? and assistant roles are supported|unexpected role.{0,4}system|role.{0,3}system.{0,40}not supported",
        "the model's chat template does not take the task's system message: serve the model with one that does (vLLM, "
        "SGLang: --chat-template FILE), or run another variant of the task",
    ),
    # "Expected last role User or Tool (or Assistant with prefix True)" is Mistral's API.
    (
        r"expected last role user|last (message|role).{0,30}(must|should) (be|have).{0,15}user",
        "the task begins the assistant's answer, and the server takes no conversation that ends so: where it knows "
        'them, --extra-body \'{"continue_final_message": true, "add_generation_prompt": false}\'',
    ),
    # "Invalid 'stop': array too long. Expected an array with maximum length 4" and "Unsupported parameter: 'stop'" are
    # OpenAI's.
    (
        r"\bstop\b.{0,60}(too long|too many|at most|maximum|not supported|unsupported)|"
        r"(too long|too many|at most|maximum|not supported|unsupported|unrecognized).{0,60}\bstop\b",
        "the server does not take the task's stop strings",
    ),
)
"""Words of servers, and what to do about them."""


def remedy(said: str) -> str:
    """What to do about a refusal in these words; empty where nothing is known.

    Examples
    --------
    >>> remedy("System role not supported")[:45]
    "the model's chat template does not take the t"
    >>> remedy("the budget is too large")
    ''
    """
    text = " ".join(said.lower().split())
    return next((hint for pattern, hint in _HINTS if re.search(pattern, text)), "")
