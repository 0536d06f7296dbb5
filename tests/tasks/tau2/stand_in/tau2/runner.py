"""Where Sierra's 1.0 has its building blocks; its presence tells it from nvidia's package."""

from tau2 import build_text_orchestrator, get_tasks

__all__ = ["build_text_orchestrator", "get_tasks"]
