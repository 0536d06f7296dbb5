"""A page on this machine that shows runs, decisions and answers, item by item."""
