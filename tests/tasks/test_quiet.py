"""What libraries say while a task is built stays off the terminal."""

import logging
import sys
import warnings

from quantgate.tasks.quiet import quietly


def test_prints_logs_and_warnings_are_kept_and_come_again_afterwards(capsys):
    handler = logging.StreamHandler(sys.stderr)
    logger = logging.getLogger("a library")
    logger.addHandler(handler)
    try:
        with quietly():
            print("raw")
            print("raw", file=sys.stderr)
            logger.error("raw")
            sys.stderr.write(warnings.formatwarning("raw", UserWarning, "file", 1))
        assert capsys.readouterr() == ("", "")
        logger.error("told")
        assert capsys.readouterr().err == "told\n"
    finally:
        logger.removeHandler(handler)
