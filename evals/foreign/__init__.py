"""Result files of other tools, read as runs and written from them."""
