"""What was asked and answered, item by item, for whoever reads it; nothing is decided here."""
