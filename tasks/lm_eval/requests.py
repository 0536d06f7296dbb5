"""lm-eval's requests by document: built one by one as they are wanted, where that gives what lm-eval builds at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

_KEPT_CHARACTERS = 64_000_000
"""So much of prompts is kept for an item's next repeat. What does not fit is built anew each time."""

_TEMPLATES = ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix")


class Requests(Protocol):
    """lm-eval's requests (`Instance`) of each document; a document is known by its place as lm-eval counts it."""

    @property
    def documents(self) -> Mapping[str, Any]: ...

    def of(self, document: str) -> list[Any]:
        """All requests of a document, in the order of the choices."""
        ...

    def to_grade(self, document: str) -> list[Any]:
        """The same for grading, which does not look at the prompts: they may be missing."""
        ...


def requests_of(task: Any, limit: int | None, form: Mapping[str, Any]) -> Requests:
    """The requests of lm-eval's `task`, or of its first documents; `form` is how `build_all_requests` is to write them.

    Raises
    ------
    ValueError, KeyError, TypeError, AssertionError, jinja2.TemplateError
        As lm-eval does, when there are not enough worked examples to draw, or the documents do not fit the task.
    """
    return OneByOne(task, limit, form) if is_order_free(task) else AllAtOnce(task, limit, form)


def is_order_free(task: Any) -> bool:
    """Whether a prompt of the task depends on its document and on which examples are drawn for it, and on nothing else.

    So it is with lm-eval's own class, whose templates draw nothing by chance. Functions and classes of a task's own may
    do so, and then the documents must be taken in lm-eval's order.
    """
    from lm_eval.api.samplers import ContextSampler, FirstNSampler
    from lm_eval.api.task import ConfigurableTask

    known = type(task) is ConfigurableTask and type(task.sampler) in (ContextSampler, FirstNSampler)
    if not known or task.multiple_input or getattr(task.config, "use_prompt", None) is not None:
        return False
    parts = [getattr(source, name, None) for source in (task.config, task.fewshot_cfg) for name in _TEMPLATES]
    return not any(callable(part) or "random" in str(part) for part in parts)


class AllAtOnce:
    """The requests as `build_all_requests` makes them."""

    def __init__(self, task: Any, limit: int | None, form: Mapping[str, Any]) -> None:
        task.build_all_requests(limit=limit, **form)
        self._by_document: dict[str, list[Any]] = {}
        for instance in task.instances:
            self._by_document.setdefault(str(instance.doc_id), []).append(instance)
        for instances in self._by_document.values():
            instances.sort(key=lambda instance: instance.idx)
        self.documents = {document: instances[0].doc for document, instances in self._by_document.items()}

    def of(self, document: str) -> list[Any]:
        return self._by_document[document]

    def to_grade(self, document: str) -> list[Any]:
        return self._by_document[document]


class OneByOne:
    """The requests of an order-free task, each made when it is wanted.

    lm-eval draws worked examples from one generator for all documents in turn. So they are drawn at once, which is
    cheap, and the prompts written later.
    """

    def __init__(self, task: Any, limit: int | None, form: Mapping[str, Any]) -> None:
        self._task = task
        self._form = form
        self._shots = int(task.config.num_fewshot or 0)
        numbered = [(str(number), document) for number, document in task.doc_iterator(limit=limit)]
        if not numbered:
            raise ValueError("there are no documents")
        self.documents: Mapping[str, Any] = dict(numbered)
        held_out = task.fewshot_cfg.split == task.config.test_split
        draw: Callable[..., Sequence[Any]] = task.sampler.sample
        self._drawn = {
            name: draw(n=self._shots, eval_doc=document if held_out else None) if self._shots else ()
            for name, document in numbered
        }
        self._examples = task.sampler = _Examples()
        self._contexts: dict[str, str] = {}
        self._room = _KEPT_CHARACTERS
        self.of(numbered[0][0])

    def of(self, document: str) -> list[Any]:
        context = self._contexts.get(document)
        if context is None:
            context = self._context(document)
            if len(context) <= self._room:
                self._contexts[document] = context
                self._room -= len(context)
        return self._built(document, context)

    def to_grade(self, document: str) -> list[Any]:
        return self._built(document, "")

    def _context(self, document: str) -> str:
        task, text = self._task, self.documents[document]
        self._examples.drawn = self._drawn[document]
        prefix = task.doc_to_prefix(text)
        context: str = task.fewshot_context(text, num_fewshot=self._shots, gen_prefix=prefix, **self._form)
        return context

    def _built(self, document: str, context: str) -> list[Any]:
        task, told = self._task, {name: self._form[name] for name in ("apply_chat_template",) if name in self._form}
        metadata = (task.config.task, int(document), task.config.repeats)
        made = task.construct_requests(doc=self.documents[document], ctx=context, metadata=metadata, **told)
        return made if isinstance(made, list) else [made]


class _Examples:
    """Stands where lm-eval's sampler was and gives the examples that it drew for the document at hand."""

    drawn: Sequence[Any] = ()

    def sample(self, n: int, eval_doc: Any = None) -> Sequence[Any]:
        return self.drawn
