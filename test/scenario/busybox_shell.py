# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# system: ports
# waits
"""The shell passes busybox's own tests of it, but for those that are listed here."""

import re

from suite.busybox import archive, build, judge, machine_with

FAIL = {
    "hush-bugs/strops5_bug.tests": "the right answer is said to be wrong until somebody mends it",
    "hush-comm/comm.tests": "wants Linux's /proc/PID/comm",
    "hush-glob/glob_bkslash_in_var.tests": "the C library's glob does not take a backslash so",
    "hush-leak/leak_argv1.tests": "wants a shell that counts its memory",
    "hush-misc/tickquote1.tests": "a shell that does not fork tells of the error without the line",
    "hush-quoting/quoted_punct.tests": "the C library's fnmatch knows no backslash in brackets",
    "hush-redir/redir_exec2.tests": "wants to see another process's open files",
    "hush-signals/sigquit_exec.tests": "wants a line of Linux's /proc/PID/status",
}
# What counts the shell's memory.
LEFT_OUT = ("shell/hush_test/hush-z_slow",)
LEAST = 363

build()
with machine_with(archive("shell/hush_test", {}, LEFT_OUT)) as machine:
    text = machine.run("cd /tmp/bb/shell/hush_test && sh run-all 2>&1", code=None, timeout=550)
judge(text.count(": ok\n"), set(re.findall(r"^(hush-\S+?): fail", text, re.MULTILINE)), FAIL, LEAST)
