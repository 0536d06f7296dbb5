"""Log-probabilities of given texts, token by token: what rounding changes first."""
