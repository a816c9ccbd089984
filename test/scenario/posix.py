# SPDX-License-Identifier: MIT
"""The C library's calls, by programs that try them on the running system."""

import re

from machine import Machine, passed

with Machine() as machine:
    machine.login()
    names = [name for name in machine.run("ls /test").split() if name.startswith("posix_")]
    assert len(names) >= 13, names
    for name in names:
        text = machine.run(f"/test/{name}", code=None)
        for line in text.splitlines():
            if line.startswith(("PASS", "FAIL")):
                print(line)
        assert f"END {name}" in text, f"{name} did not come to its end: {text!r}"
        assert "FAIL" not in text, text
    machine.line_send("exit")
    machine.login(user="root")
    machine.run("(trap '' HUP; exec httpd -p 7000 /share/www) &")
    machine.wait_listener(7000)
    machine.line_send("exit")
    machine.login()
    for address in "127.0.0.1", "::1", "0.0.0.0":
        said = machine.run(f"nc -l -s {address} -p 7000", code=1)
        assert "Address in use" in said, said
        said = machine.run(f"nc -l -s {address} -p 22", code=1)
        assert "Permission denied" in said, said
    passed("a user listens at no address of a port that another user's server has")
    services = machine.run("until services | grep -qE '^urgent +(ready|failed)'; do sleep 0.1; done; services")
    assert re.search(r"(?m)^urgent +ready", services), services
    passed("a program that may be urgent is, and is raised to the ceilings of its mutexes")
    for zone, shown in (("Europe/Berlin", "01:59:59 CET|03:00:00 CEST"),
                        ("Australia/Sydney", "11:59:59 AEDT|12:00:00 AEDT")):
        machine.run(f"bind /share/zoneinfo/{zone} /etc/localtime")
        for seconds, time in zip((1774745999, 1774746000), shown.split("|")):
            assert machine.run(f"date -d @{seconds} '+%H:%M:%S %Z'").strip() == time, (zone, time)
    passed("/etc/localtime is the time of a login without TZ")
