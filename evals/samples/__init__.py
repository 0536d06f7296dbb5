"""The lines of `samples.jsonl`: written, read one by one or by columns, and an index beside them."""
