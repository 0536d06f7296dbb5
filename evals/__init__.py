"""The engine of quantgate: asks two served builds the same questions, records, pairs and decides."""
