"""`banking_knowledge` of Sierra's tau2: which retrieval needs this machine alone. Runs in a worker process."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any


def why_refused(retrieval: str) -> str | None:
    """Why a retrieval variant cannot be asked here, with those that can; `None` for one that can.

    What a variant needs is read off its own specification, so that it holds for variants that come later.
    """
    from tau2.domains.banking_knowledge.retrieval import RETRIEVAL_VARIANTS

    needs = {name: list(_needs(variant)) for name, variant in RETRIEVAL_VARIANTS.items()}
    local = ", ".join(sorted(name for name, wanted in needs.items() if not wanted))
    if retrieval not in needs:
        return f"it has no retrieval {retrieval!r}; without network it has {local}"
    if needs[retrieval]:
        return f"the retrieval {retrieval!r} needs {' and '.join(needs[retrieval])}; without network it has {local}"
    if _ranks(RETRIEVAL_VARIANTS[retrieval]) and importlib.util.find_spec("rank_bm25") is None:
        return f"the retrieval {retrieval!r} needs the package rank-bm25: pip install rank-bm25 into that environment"
    return None


def _pipelines(variant: Any) -> Iterator[Any]:
    yield from (spec for spec in (variant.kb_search, variant.kb_search_bm25, variant.kb_search_dense) if spec)


def _needs(variant: Any) -> Iterator[str]:
    for spec in _pipelines(variant):
        if spec.type != "bm25":
            yield f"embeddings that the API of {spec.embedder_type} makes"
        if spec.reranker:
            yield "a reranker, which asks a model of OpenAI's API"
    if variant.shell is not None:
        yield "a shell for the model under test, in a sandbox that its authors call best-effort"


def _ranks(variant: Any) -> bool:
    return any(spec.type == "bm25" for spec in _pipelines(variant))


@cache
def sort_documents() -> None:
    """Have documents read in the order of their ids.

    They come in the order of the folder, which is another on another machine: then the prompt of `full_kb`, and which
    of two documents that match alike comes first, would be others, too.
    """
    from tau2.domains.banking_knowledge.data_model import KnowledgeBase

    load = KnowledgeBase.load

    def sorted_load(documents_dir: str) -> Any:
        loaded = load(documents_dir)
        return type(loaded)(documents=dict(sorted(loaded.documents.items())))

    KnowledgeBase.load = staticmethod(sorted_load)


def documents_hash() -> str:
    """The SHA-256 of all documents."""
    from tau2.domains.banking_knowledge.environment import get_knowledge_base

    documents: Mapping[str, Any] = get_knowledge_base().documents
    told = {name: document.model_dump(mode="json") for name, document in documents.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
