"""Runs a command on a pseudo-terminal, copies what it prints to standard output, and exits with its exit code."""

import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
