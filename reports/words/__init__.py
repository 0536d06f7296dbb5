"""The words, numbers, colours and marks that all reports share."""
