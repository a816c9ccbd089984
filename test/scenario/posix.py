# SPDX-License-Identifier: MIT
"""The C library's calls, by programs that try them on the running system."""

from machine import Machine

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
