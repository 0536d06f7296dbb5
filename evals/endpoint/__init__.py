"""One served model: its address, client, faults, replies, and how many requests are in flight."""
