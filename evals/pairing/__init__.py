"""Two runs -> one row per item and repeat, or the reason why not."""
