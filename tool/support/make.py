# SPDX-License-Identifier: MIT
"""What tools ask of make."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def ask(*arguments):
    """What a target says, without blanks around it."""
    return subprocess.check_output(["make", "-s", "--no-print-directory", *arguments], cwd=TOP, text=True).strip()


def build(board, system):
    """Builds a system, with its progress visible; says, and is False, when that fails."""
    words = [f"BOARD={board}", f"SYSTEM={system}", "build"]
    is_built = subprocess.call(["make", "-j2", "--no-print-directory", *words], cwd=TOP) == 0
    if not is_built:
        print(f"{board}: SYSTEM={system} does not build")
    return is_built
