"""How far two builds agree on the same texts, token by token."""
