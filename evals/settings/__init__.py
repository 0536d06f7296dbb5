"""What a user sets: the options of a run, policies, presets, expected scores."""
