"""A real small model in several precisions, for a machine that has nothing else: fetched, rounded and served here."""
