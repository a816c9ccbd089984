# SPDX-License-Identifier: MIT
# cells: *64/raw
"""Services and drivers are killed in turn, again and again, while files are copied and downloaded and a disk is read:
all come back, what they did is right or an error was told, nothing is leaked, and the prompt answers throughout.

RECOVER_ROUNDS=100 makes it hundreds of kills."""

import hashlib
import os
import re

from machine import Machine, WebServer, passed

ROUNDS = int(os.environ.get("RECOVER_ROUNDS", "1"))
SERVICES = ["virtio-net", "ip", "virtio-block", "pipe", "device", "log", "devfs", "initrd", "trace", "entropy",
            "process", "console"]
DATA = bytes(i * 31 & 255 for i in range(1 << 20))
SUM = hashlib.sha256(DATA).hexdigest()

# Each part of the load says "wrong" to a file when what it got without an error is not what it should be.
WRONG = "cmp -s /home/pattern {0}; test $? = 1 && echo wrong {0} >> /home/wrong"
LOAD = [
    f"while :; do cp /home/pattern /home/copy 2>/dev/null && {{ {WRONG.format('/home/copy')}; }}; done",
    "while :; do head -c 1048576 /dev/disk0/data > /home/block 2>/dev/null && "
    f"{{ {WRONG.format('/home/block')}; }}; done",
    "while :; do wget -q -T 5 -O /home/down URL 2>/dev/null && echo got >> /home/got && "
    f"{{ {WRONG.format('/home/down')}; }}; done",
]


def is_back(machine, name, before):
    """Waits until there is another."""
    for _ in range(50):
        now = machine.pid_of(name)
        if now and now != before:
            return True
        machine.run("sleep 0.2")
    return False


def memory_free(machine):
    """Free memory in KiB, after the kernel had time to clean up behind the dead."""
    machine.run("sleep 2")
    return int(re.search(r"(?m)^\s+\d+\s+\d+\s+(\d+)", machine.run("free"))[1])


def kill_all(machine, rounds):
    """So many kills of each, the prompt answering after each."""
    for _ in range(rounds):
        for name in SERVICES:
            victim = machine.pid_of(name)
            assert victim, f"{name} does not run"
            machine.run(f"kill -9 {victim}")
            assert "alive 3" in machine.run("echo one two three | (read a b c; echo alive $(expr 1 + 2))")
            assert is_back(machine, name, victim), f"{name} does not come back"


def kill_under_load(machine, url, rounds):
    """The same while everything is in use; gives the free memory after it."""
    for part in LOAD:
        machine.run(f"({part.replace('URL', url)}) 2>/dev/null &")
    kill_all(machine, rounds)
    machine.run("sleep 4; kill %1 %2 %3; wait", code=None)
    machine.run("rm -f /home/down /home/copy /home/block")
    return memory_free(machine)


with WebServer({"/data": DATA}) as server, Machine() as machine:
    machine.login(user="root")
    machine.run(f"until wget -q -O /home/pattern {server.url('/data')}; do sleep 1; done")
    assert SUM in machine.run("sha256sum /home/pattern")
    machine.run("cat /home/pattern > /dev/disk0/data; : > /home/wrong; : > /home/got")
    machine.run("cmp /home/pattern /home/pattern; ! cmp -s /home/pattern /home/wrong")
    before = kill_under_load(machine, server.url("/data"), 1)
    after = kill_under_load(machine, server.url("/data"), ROUNDS)
    assert machine.run("cat /home/wrong").strip() == "", "something went wrong and was not told"
    assert "got" in machine.run("cat /home/got"), "no download was whole"
    passed("what was copied, read and downloaded meanwhile is right")
    machine.run(f"until wget -q -O /home/down {server.url('/data')}; do sleep 1; done")
    assert SUM in machine.run("sha256sum /home/down")
    states = machine.services_ready()
    assert int(re.search(r"(?m)^ip +ready +(\d+) ", states)[1]) == ROUNDS + 1
    passed("every service is there again, and the network")
    assert after > before - 1024, f"{before} KiB free before, {after} KiB after"
    passed("nothing is leaked")

    machine.run("sleep 99 & stty rows 33; exec 8> /tmp/open; echo 1 >&8")
    for name in "process", "console", "tmp":
        victim = machine.pid_of(name)
        machine.run(f"kill -9 {victim}")
        assert is_back(machine, name, victim), f"{name} does not come back"
    assert "error" in machine.run("! echo 2 >&8"), "what is lost is not told"
    machine.run("! cat /tmp/open; exec 8>&-")
    passed("files in memory are lost, whoever has one open is told, and programs start with it")
    assert "33" in machine.run("stty size")
    machine.run("kill %1; wait %1; jobs", code=None)
    assert "sleep 99" not in machine.run("ps")
    machine.line_send("sh -c 'echo run''ning; exec sleep 980'")
    machine.expect("running")
    machine.send("\x03")
    assert "here" in machine.run("echo he''re")
    passed("a shell keeps its jobs, its terminal's modes and its keys")
