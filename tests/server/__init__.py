"""A served model over real HTTP that misbehaves on purpose, kept apart from the code it tests."""
