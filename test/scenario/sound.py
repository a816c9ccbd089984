# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""What is played comes out of the device, sample by sample; errors are told; a player and the driver that are killed in
the middle of it leave a device that plays the next."""

import os
import random
import re
import struct
import tempfile

from machine import Machine, WebServer, passed, this_board

RATE = 48000
# Time is the guest's: a busy host makes no underrun. The emulator cannot count the instructions of all processors.
PROCESSOR = " -cpu Nehalem" if "x86_64" in this_board() else ""


def wav(samples, rate=RATE, channels=2, bits=16):
    """A WAV file of these bytes."""
    size = channels * bits // 8
    return (b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * size, size, bits) +
            b"data" + struct.pack("<I", len(samples)) + samples)


def noise(frames, seed):
    """Frames of which none is silence, and no part looks like another."""
    chance = random.Random(seed)
    return b"".join(struct.pack("<hh", chance.randint(1, 32000), chance.randint(-32000, -1)) for _ in range(frames))


def status(machine, name):
    return int(re.search(rf"(?m)^{name} (\d+)", machine.run("cat /dev/audio0/status"))[1])


def idle(machine):
    """Waits until the stream has ended."""
    machine.run("until grep -q 'state idle' /dev/audio0/status; do sleep 0.1; done")


def check_errors(machine):
    run = machine.run
    assert "it is not a WAV file" in run("play /etc/motd", code=1)
    assert "it ends before its samples do" in run("head -c 1000 /tmp/first.wav | play", code=1)
    assert "it has no samples" in run("head -c 36 /tmp/first.wav | play", code=1)
    assert "usage: play" in run("play -r x", code=2)
    assert "No such file" in run("play /nowhere", code=1)
    assert "No such file" in run("play -d /dev/audio7 /tmp/first.wav", code=1)
    assert "rate 12345: Not supported" in run("play -b -r 12345 /tmp/first.wav", code=1)
    assert "Invalid argument" in run("echo 'format x' > /dev/audio0/ctl", code=1)
    assert "Invalid argument" in run("echo 'volume 3' > /dev/audio0/ctl", code=1)
    idle(machine)
    passed("malformed files, and what the device cannot do, are told")


def check_two(machine):
    machine.run("play -b /tmp/long & sleep 1")
    assert "busy" in machine.run("play /tmp/first.wav", code=1)
    assert "busy" in machine.run("echo 'rate 44100' > /dev/audio0/ctl", code=1)
    assert "state running" in machine.run("cat /dev/audio0/status")
    assert status(machine, "buffered") > 0 and status(machine, "delay") > 0
    passed("one plays at a time")
    machine.run("kill -9 %1; wait", code=None)
    idle(machine)
    assert status(machine, "open") == 0 and status(machine, "buffered") == 0
    passed("a killed player leaves silence")


def check_underrun(machine):
    """A writer that rests is late, and that is counted; what it writes then is played."""
    before, played = status(machine, "underruns"), status(machine, "played")
    machine.run("(head -c 16384 /tmp/long; sleep 2; head -c 16384 /tmp/long; sleep 2) > /dev/audio0/data")
    idle(machine)
    assert status(machine, "underruns") == before + 2
    assert status(machine, "played") == played + 8192
    passed("underruns are counted")


def check_driver(machine):
    victim = machine.pid_of("virtio-sound")
    machine.run("play -b /tmp/long 2> /tmp/told & sleep 1")
    assert "play: /dev/audio0: I/O error" in machine.run(f"kill -9 {victim}; wait; cat /tmp/told")
    for _ in range(50):
        if machine.pid_of("virtio-sound") not in (None, victim):
            break
        machine.run("sleep 0.2")
    machine.run("until [ -e /dev/audio0/data ]; do sleep 0.1; done")
    machine.run("play /tmp/last.wav")
    passed("a killed driver comes back, and a player that it left is told")


first, last = noise(40001, 1), noise(20003, 2)
with tempfile.TemporaryDirectory() as folder, \
        WebServer({"/first.wav": wav(first), "/last.wav": wav(last), "/long": noise(RATE * 20, 3)}) as server:
    path = os.path.join(folder, "out.wav")
    extra = (f"-audiodev wav,id=audio0,path={path},out.frequency={RATE},out.channels=2,out.format=s16 "
             "-device virtio-sound-pci,audiodev=audio0 -icount shift=2,sleep=off" + PROCESSOR)
    with Machine(extra=extra) as machine:
        machine.login(user="root")
        machine.reach()
        for name in "first.wav", "last.wav", "long":
            machine.run(f"wget -q -O /tmp/{name} {server.url('/' + name)}")
        assert "output used" in machine.run("cat /dev/audio0/info")
        machine.run("play /tmp/first.wav")
        assert status(machine, "played") == 40001 and status(machine, "underruns") == 0
        check_errors(machine)
        check_two(machine)
        check_underrun(machine)
        check_driver(machine)
        # The emulator gives a buffer back, and tells no latency, a hundredth of a second before it is in the file, and
        # loses that when the stream stops.
        machine.run("head -c 19200 /dev/zero | play -b")
        machine.line_send("poweroff")
        machine.expect_end()
    with open(path, "rb") as file:
        heard = file.read()[44:]
    assert first in heard, "what was played first is not what was heard"
    assert last in heard, "what was played last is not what was heard"
    passed("what was played is what was heard, sample by sample")
