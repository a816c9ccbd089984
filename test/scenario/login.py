# SPDX-License-Identifier: MIT
"""Logging in: a wrong password is refused, later each time; the right one gives a shell of that user."""

import re
import time

from machine import Machine

with Machine() as machine:
    waits = []
    for _ in range(2):
        machine.expect(r"login: ")
        machine.line_send("user")
        machine.expect(r"(?i)password: ")
        start = time.monotonic()
        machine.line_send("wrong")
        machine.expect(r"(?i)incorrect|denied|refused|wrong")
        waits.append(time.monotonic() - start)
    assert waits[0] > 0.5, f"the first refusal came after {waits[0]} s"
    assert waits[1] > waits[0], f"the delay does not grow: {waits}"
    machine.login()
    assert machine.run("whoami").strip() == "user"
    assert re.search(r"uid=1000.* groups=1000\(user\),10\(wheel\)", machine.run("id"))
    machine.run("cat /etc/shadow", code=None)
    for count in range(1, 4):  # what goes on keeps its session's memory, and there is some for the next
        machine.run("(trap '' HUP; exec sleep 1000) &")
        machine.run(f"until [ $(ps | grep -c '[s]leep 1000') = {count} ]; do :; done")
        machine.line_send("exit")
        machine.login()
    assert machine.run("ps | grep -c '[s]leep'").strip() == "3"
    machine.run("kill " + " ".join(machine.pids_of("sleep 1000")))
    count = "$(sed -n 's/^handles //p' /proc/1/status)"
    machine.run(r"until [ $(services | grep -c '^\(httpd\|ntp\|sshd\) *ready *0 ') = 3 ]; do :; done")
    before = machine.run(f"echo {count}").strip()
    for _ in range(5):  # the namespaces of those who left are forgotten, when their last process is dead
        machine.line_send("exit")
        machine.login()
    machine.run(f"until [ {count} -le {before} ]; do :; done")
