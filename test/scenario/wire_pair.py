# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# waits
"""Two machines on one cable: one works with the files, processes, console and network of the other, when it has
the key."""

import os
import re

from machine import Machine, passed
from peer.cable import Cable

KEY, OTHER = os.urandom(32).hex(), os.urandom(32).hex()
NEAR, FAR = "10.1.0.1", "10.1.0.2"
FAR_LINK = "fe80::5054:ff:fe00:2"
# Until the near machine makes a file, the far one's shell reads nothing from its console.
ASLEEP = "until rm /tmp/wake 2>/dev/null; do sleep 0.1; done; echo aw''ake"
WAKE = ": >/tmp/far/tmp/wake"


def start(machine, address):
    machine.login(user="root")
    machine.run(f"ip static ether0 {address}/24")
    machine.run("mkdir /tmp/far")
    machine.run(f"umask 077; echo {KEY} >/tmp/key; echo {OTHER} >/tmp/other; echo short >/tmp/short")
    machine.run("umask 022; cp /tmp/key /tmp/open; chmod 644 /tmp/open")


def keys(near, far):
    assert "others may read it" in far.run("exportfs -k /tmp/open -p 600 / 2>&1", code=1)
    assert "64 hexadecimal digits" in far.run("exportfs -k /tmp/short -p 600 / 2>&1", code=1)
    far.run("(exportfs -w -k /tmp/key / & exportfs -p 565 /etc &)")
    for port in 564, 565:
        far.wait_listener(port)
    assert "ermission denied" in near.run(f"import {FAR} /tmp/far 2>&1", code=1)
    assert "ermission denied" in near.run(f"import -k /tmp/other {FAR} /tmp/far 2>&1", code=1)
    passed("without the key, and with another one, nothing is to be had")
    assert "ermission denied" in near.run(f"import -k /tmp/key {FAR}:565 /tmp/far 2>&1", code=1)
    passed("a server that cannot prove that it has the key is not believed")
    near.run(f"import -T 5 -k /tmp/key {FAR} /tmp/far")


def processes(near, far):
    far.run("sleep 987 &")
    number = re.search(r"(?m)^\s*(\d+).*sleep 987", far.run("ps"))[1]
    assert "sleep" in near.run(f"cat /tmp/far/proc/{number}/status")
    assert near.run("cat /tmp/far/etc/hostname") == far.run("cat /etc/hostname")
    passed("the other's processes are seen")


def console(near, far):
    near.run("echo greetings from afar >/tmp/far/dev/console")
    far.expect("greetings from afar")
    far.line_send(ASLEEP)
    near.line_send(f"head -n 1 /tmp/far/dev/console; {WAKE}")
    near.expect("console")
    far.send("typed there\r")
    near.expect("typed there")
    near.expect(r"[$#] ")
    far.expect("awake")
    passed("the other's console is written to and read from")
    terminal(near, far)


def terminal(near, far):
    """Poll and control requests go over the wire, too."""
    far.run("stty rows 30 columns 90")
    assert near.run("stty -F /tmp/far/dev/console size") == "30 90\n"
    near.run("stty -F /tmp/far/dev/console rows 40 columns 111 -echo")
    assert "40 111" in far.run("stty size; stty echo"), "a size that is set from afar"
    assert near.run("test -t 0 </tmp/far/dev/console; echo $?").split() == ["0"]
    passed("the other's terminal has modes and a size")
    near.run("read -t 1 line </tmp/far/dev/console", code=1)
    far.line_send(ASLEEP)
    near.line_send(f"read -t 60 line </tmp/far/dev/console; echo got $line; {WAKE}")
    near.expect("got")
    far.send("typed\r")
    near.expect("got typed")
    near.expect(r"[$#] ")
    far.expect("awake")
    far.expect(r"[$#] ")
    passed("the other's terminal is polled: nothing comes, and then it does")


def network(near, far):
    """As in Plan 9: at a place of its own, dialled by its files, and then as everybody's network."""
    far.run("(exportfs -w -p 566 /net & echo said at once | nc -l -p 9000 >/tmp/got &)")
    for port in 566, 9000:
        far.wait_listener(port)
    near.run(f"import {FAR}:566 /net.alt")
    assert f"address {FAR} " in near.run("cat /net.alt/interfaces")
    near.run("exec 5<>/net.alt/tcp/clone; read number <&5; echo connect 127.0.0.1!9000 >&5")
    assert near.run("head -n 1 /net.alt/tcp/$number/data") == "said at once\n"
    near.run("echo through its files >/net.alt/tcp/$number/data && exec 5>&-")
    far.run("until grep -x 'through its files' /tmp/got; do sleep 0.1; done")
    passed("a connection is made by the files of the other's network")
    far.run("(nc -l -p 9000 >/tmp/got &"
            " printf 'HTTP/1.0 200 OK\\r\\n\\r\\na page' | nc -l -p 9001 >/tmp/asked &)")
    for port in 9000, 9001:
        far.wait_listener(port)
    near.run("bind /net.alt /net && echo through the other | nc 127.0.0.1 9000")
    far.run("until grep -x 'through the other' /tmp/got; do sleep 0.1; done")
    assert near.run("wget -q -O - http://127.0.0.1:9001/its") == "a page"
    far.run("until grep 'GET /its' /tmp/asked; do sleep 0.1; done")
    passed("the other's network is used as if it were one's own, also by a program that polls")


def link(near, far):
    """By addresses that the cards have without anybody's doing."""
    far.run("(echo back | nc -l -p 9002 >/tmp/there) &")
    far.wait_listener(9002)
    for machine in near, far:
        machine.run("until grep -q '^fe80' /net/ipselftab; do sleep 0.1; done")
    assert near.run(f"echo there | nc {FAR_LINK}%ether0 9002") == "back\n"
    far.run("wait")
    assert far.run("cat /tmp/there") == "there\n"
    assert f"([{FAR_LINK}%2]:9): Connection refused" in near.run(f"nc {FAR_LINK}%ether0 9 2>&1", code=1)
    assert "does not resolve" in near.run(f"nc {FAR_LINK}%ether9 9 2>&1", code=1)
    passed("an address of the link is spoken to with the card's name")


def lost(near, far):
    far.line_send("poweroff")
    far.expect_end()
    assert near.run("cat /tmp/far/etc/hostname 2>&1", code=1, timeout=400)
    passed("a machine that is gone is an error, and not a wait without end")


with Cable() as cable, cable.attach(Machine(), 0) as one, cable.attach(Machine(), 1) as other:
    start(one, NEAR)
    start(other, FAR)
    one.reach(FAR)
    link(one, other)
    keys(one, other)
    processes(one, other)
    console(one, other)
    network(one, other)
    lost(one, other)
