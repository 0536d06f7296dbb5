"""Where documents come from: a user's files, or the Hugging Face hub."""
