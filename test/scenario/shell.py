# SPDX-License-Identifier: MIT
"""The shell: pipelines, redirection, lists, variables, patterns, loops, functions, background jobs, ^C."""

from machine import Machine, passed

LINES = [
    ("echo one two | tr a-z A-Z | wc -w", "2"),
    ("echo hello > /tmp/f && cat < /tmp/f", "hello"),
    ("echo more >> /tmp/f; wc -l < /tmp/f", "2"),
    ("false || echo otherwise", "otherwise"),
    ("true && echo then", "then"),
    ("x=41; echo $((x + 1))", "42"),
    ("mkdir -p /tmp/d; touch /tmp/d/a.c /tmp/d/b.c /tmp/d/c.h; cd /tmp/d; echo *.c; cd /", "a.c b.c"),
    ("for i in 1 2 3; do printf $i; done; echo", "123"),
    ("i=0; while [ $i -lt 5 ]; do i=$((i+1)); done; echo $i", "5"),
    ("f() { echo got $1; }; f it", "got it"),
    ("if grep -q hello /tmp/f; then echo found; else echo lost; fi", "found"),
    ("printf 'c\\nb\\na\\n' | sort | head -n 1", "a"),
    ("echo abc | sed s/b/X/", "aXc"),
    ("find /tmp/d -name '*.h'", "/tmp/d/c.h"),
    ("sh -c '(sleep 1; echo late > /tmp/late) & wait; cat /tmp/late'", "late"),
    ("seq 1 1000 | tail -n 1", "1000"),
    ("dd if=/dev/zero bs=1024 count=256 2>/dev/null | wc -c", "262144"),
    ("ls /tmp/d | wc -l; rm -r /tmp/d", "3"),
    ("HOME=/tmp; x=~/a:~; echo ~ ~/f a~ '~' \"~\" ~x $x; cd /; cd ~; pwd; sh -c '(echo ~)'",
     "/tmp /tmp/f a~ ~ ~ ~x /tmp/a:/tmp\n/tmp\n/tmp"),
]

with Machine() as machine:
    machine.login()
    for line, wanted in LINES:
        got = machine.run(line).strip()
        assert got == wanted, f"{line}: {got!r}, not {wanted!r}"
        passed(line)
    for program in ("free", "ns", "uptime", "dmesg", "poweroff", "reboot", "ps"):
        assert machine.run(f"{program} nonsense", code=2).startswith(f"usage: {program}"), program
    passed("a wrong argument is told, and nothing else is done")
    machine.line_send("sh -c 'echo beg''un; exec sleep 1000'")
    machine.child.expect(r"begun\r*\n")  # as on any system: before the program runs, ^C is the shell's
    machine.send("\x03")
    machine.expect(r"[$#] ")
    assert machine.run("echo alive").strip() == "alive"
    passed("^C stops the program that runs")
    machine.run("ps; ls -l /bin/sh; uname -a; uptime; date; df; free", code=None)
