"""The tasks of reasoning-gym: questions that are made as many as are asked for."""
