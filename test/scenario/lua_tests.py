# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# system: ports
"""Lua passes its own tests, all but three parts, which are listed here: those of a user's program, with the interpreter
as it is shipped, and those that look into it, with one that was built for that, which is slower and does less of the
long ones."""

import re

from machine import Machine, WebServer, make, passed
from suite import source

# Parts of files: how each begins, what comes after it, and why it is left out.
LEFT_OUT = {
    "main.lua": (
        ("-- test module names with version sufix", "-- test 'arg' table", "modules in C cannot be loaded"),
        ("-- non-string prompt", "-- test for error objects", "wants a terminal's library that repeats what it reads"),
    ),
    "files.lua": (
        ("""{"sh -c 'kill""", "{progname", "the shell tells on the output, which is closed, what ended its program"),
    ),
}
# A test of a program in the background reads the shell's line first, and the program may be faster: it waits here.
RACE = """'%s -e "%s" & echo $!'"""
NO_RACE = """'rm -f go; %s -e "repeat local go = io.open(\\'go\\') until go; %s" & echo $!; : > go'"""

# The C library takes any locale's name, and gives C.UTF-8 by it, where tests look whether there are some of Brazil.
LOCALE = """
local set = os.setlocale
function os.setlocale(name, ...)
    return (name == nil or name == "" or name == "C") and set(name, ...) or nil
end
"""


def changed(name):
    text = source.read("lua-tests", f"src/testes/{name}")
    for first, after, _ in LEFT_OUT[name]:
        begin = text.index(first)
        text = text[:begin] + text[text.index(after, begin):]
    return text.replace(RACE, NO_RACE)


def check(machine, interpreter, options):
    said = machine.run(f"cd /tmp/testes && {interpreter} -l locale {options} all.lua 2>&1", code=None, timeout=550)
    assert re.search(r"(?m)^final OK !!!\s*$", said), f"{interpreter}: the tests did not end well"
    files = re.findall(r"\*\*\*\*\* FILE '(\w+\.lua)'\*\*\*\*\*", said)
    passed(f"{interpreter}: {len(files)} files of tests pass")


make("SYSTEM=ports", "build")
files = {"testes/locale.lua": LOCALE} | {f"testes/{name}": changed(name) for name in LEFT_OUT}
tests = source.archive("lua-tests", ("testes",), files)
with WebServer({"/tests": tests}) as server, Machine(system="ports") as board:
    board.login()
    board.run(f"cd /tmp && wget -q -O - {server.url('/tests')} | tar x")
    check(board, "lua", "")
    check(board, "/test/lua-tests", "-e _soft=true")
