# SPDX-License-Identifier: MIT
"""Lua, unmodified: a script with strings, tables, floats, files, os.time and coroutines prints what it must."""

import shutil
import subprocess

from machine import Machine

SCRIPT = r"""
local t = {}
for i = 1, 10 do t[#t + 1] = i * i end
print(table.concat(t, ','))
print(('ferrite'):upper():reverse(), #('x'):rep(1000))
print(string.format('%.10f %g %d', math.pi, 1e100, 2^40 // 1))
print(0.1 + 0.2 == 0.3, 10 / 4, 7 // 2, 7 % -3, math.sqrt(2))
local f = assert(io.open('/tmp/lua.txt', 'w')); f:write('line 1\nline 2\n'); f:close()
for line in io.lines('/tmp/lua.txt') do io.write('[', line, ']') end print()
print(os.time() > 1700000000)
print(os.time({year=2026, month=1, day=2, hour=3}) - os.time({year=2026, month=1, day=1, hour=3}))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end return 'end' end)
print(co(), co(), co(), co())
print(pcall(error, 'x'), select('#', pcall(error)))
print(string.find('hello world', 'o w'), ('abc'):byte(1, -1))
"""
# What the host's Lua prints of the same script.
wanted = subprocess.run(
    [shutil.which("lua5.4") or "lua", "-"], input=SCRIPT, text=True, capture_output=True, check=True).stdout

with Machine() as machine:
    machine.login()
    machine.run("rm -f /tmp/s.lua")
    for line in SCRIPT.strip().split("\n"):
        quoted = line.replace("'", "'\\''")
        machine.run(f"echo '{quoted}' >> /tmp/s.lua")
    got = machine.run("lua /tmp/s.lua")
    assert got.startswith(wanted.strip()), f"{got!r}\nnot\n{wanted!r}"
