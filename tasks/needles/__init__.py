"""Long context without a judge: facts hidden in generated texts of 512 to a million tokens, graded by what they are."""
