"""The shards of a run, put together into the run."""
