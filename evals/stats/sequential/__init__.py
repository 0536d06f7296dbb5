"""Group-sequential decisions on paired answers, of finite samples: how error is spent, when, and what passes there."""
