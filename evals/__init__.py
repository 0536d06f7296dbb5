"""The engine of quantgate: asks two served builds the same questions, records, pairs and decides."""

__version__ = "0.1.0"
