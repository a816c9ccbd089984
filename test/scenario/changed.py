# SPDX-License-Identifier: MIT
"""A program of the initrd in which a byte was changed neither runs nor is read; all else works."""

import os
import re

from machine import Machine, TOP, flipped, passed

machine = Machine()
with open(os.path.join(TOP, "out", machine.board, "scenario/initrd"), "rb") as file:
    initrd = flipped(file.read(), lambda name, content: name == "bin/lua")
path = os.path.join(machine.folder.name, "initrd")
with open(path, "wb") as file:
    file.write(initrd)
machine.line = re.sub(r" -initrd \S+", f" -initrd {path}", machine.line)
with machine:
    machine.login()
    said = machine.run("lua -v", code=126)
    assert "ermission denied" in said, said
    passed("a program that was changed is not run")
    said = machine.run("cat /bin/lua", code=1)
    assert "ermission denied" in said, said
    passed("nor can it be read")
    assert machine.run("cat /bin/busybox | wc -c").strip() != "0"
    passed("others can be run and read")
