# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""A program is given a part of the network: one peer, one port, some protocols, the name servers. It uses that, and
reaches nothing else, however it tries: not by names, forged fids and sessions, nor by addresses; nor after the IP
service was started anew."""

import os
import re

from machine import HOST, Machine, WebServer, passed

DENIED = "Permission denied"
BAD = ["tcp!nobody!80", "tcp!10.0.2.2!0", "tcp!10.0.2.2!65536", "sctp", "tcp!listen", "tcp,", ",tcp",
       "tcp!1.2.3.4!80!9", "tcp!", "tcp!!", "dns!53", "x" * 200]


def inside(rules, command):
    return f"unshare -b '/net/view/{rules}=/net' {command}"


def check_peers(machine, web, other):
    run, get = machine.run, "wget -q -O - -T 20"
    one = inside(f"tcp!{HOST}!{web.port}", "")
    assert run(f"{one} {get} {web.url('/text')}").strip() == "content"
    assert DENIED in run(f"{one} {get} {other.url('/text')}", code=1)
    assert run(inside(f"tcp!*!{other.port}", f"{get} {other.url('/text')}")).strip() == "content"
    assert run(inside(f"tcp!{HOST}!*,udp", f"{get} {other.url('/text')}")).strip() == "content"
    assert run(inside(f"tcp!{HOST}", f"{get} {other.url('/text')}")).strip() == "content"
    assert run(inside("tcp", f"{get} {web.url('/text')}")).strip() == "content"
    assert DENIED in run(inside("tcp!10.0.2.3!*,tcp!listen!*", f"{get} {web.url('/text')}"), code=1)
    assert "not supported" in run(inside("udp", f"{get} {web.url('/text')}"), code=1)
    passed("one peer, one port of any peer, or some protocols, and no others")


def check_icmp(machine):
    run = machine.run
    run(inside(f"icmp!{HOST}", f"ping -c 1 {HOST}"))
    assert DENIED in run(inside("icmp!10.0.2.3", f"ping -c 1 {HOST}"), code=1)
    passed("one machine that may be pinged")


def check_many(machine):
    for address in ("255.255.255.255", "10.0.2.255", "224.0.0.1"):
        assert "unreachable" in machine.run(f"nc {address} 7000 </dev/null", code=1), address
    passed("a connection is with one other end, not with many")


def check_listening(machine):
    run = machine.run
    inner = inside("tcp!listen!7000", "nc -l -p 7000")
    run(f"{inner} > /tmp/came & until echo there | nc 127.0.0.1 7000; do sleep 0.1; done; wait; "
        "grep there /tmp/came")
    assert DENIED in run(inside("tcp!listen!7000", "nc -l -p 7001"), code=1)
    assert DENIED in run(inside(f"tcp!{HOST}!7001", "nc -l -p 7001"), code=1)
    passed("one port at which calls are taken")


def check_rules(machine):
    run = machine.run
    for rules in BAD:
        assert "Invalid argument" in run(f"ls '/net/view/{rules}'", code=1), rules
    assert run("ls /net/view | wc -l").strip() == "0"
    assert run("ls '/net/view/tcp,udp!10.0.2.2!53'").split() == ["rules", "tcp", "udp"]
    assert run(inside("dns", "ls /net")).split() == ["resolv.conf", "rules", "tcp", "udp"]
    assert run(inside("dns,icmp", "cat /net/rules")).strip() == "dns,icmp"
    assert "No such file" in run(inside("dns", "ls /net/view/tcp"), code=1)
    assert re.search(r"(?m)^viewed +ready ", run("services")), "a unit's view"
    passed("rules that are wrong are refused; a unit can name them")


def check_hostile(machine, web):
    rules = f"tcp!{HOST}!{web.port},udp!{HOST}!{web.port},udp!listen!7000"
    machine.run("sleep 1000 | nc -l -p 7777 & sleep 1000 | nc -u -l -p 7777 &")
    said = machine.run(inside(rules, f"/test/confined {web.port}"), code=None)
    assert re.search(r"(?m)^0 reached", said), said
    said = machine.run(f"/test/confined {web.port}", code=1)
    assert int(re.search(r"(?m)^(\d+) reached", said)[1]) > 10, "the same program, with the whole network"
    passed("a hostile program reaches nothing that it was not given")


def check_restart(machine, web, other):
    """The view's process stays, the service is another one."""
    get = "wget -q -O - -T 20"
    machine.run("ip=$(ps | sed -n 's/^ *\\([0-9]*\\) .* ip$/\\1/p'); "
                "(until [ -e /tmp/go ]; do sleep 0.1; done; kill -9 $ip; touch /tmp/gone) &")
    machine.line_send(inside(f"tcp!{HOST}!{web.port}", "sh"))
    machine.expect(r"[$#] ")
    assert machine.run(f"{get} {web.url('/text')}").strip() == "content"
    machine.run("touch /tmp/go; until [ -e /tmp/gone ]; do sleep 0.1; done")
    machine.run(f"until {get} {web.url('/text')}; do sleep 0.2; done")
    assert DENIED in machine.run(f"{get} {other.url('/text')}", code=1)
    machine.run(f"[ ! -e /net/ctl ] && grep -x 'tcp!{HOST}!{web.port}' /net/rules")
    machine.line_send("exit")
    machine.expect(r"[$#] ")
    passed("it stays what it was when the IP service is started anew")


def check_end(machine):
    """Views that nobody has any more leave nothing."""
    def memory():
        return int(re.search(r"(?m)^ip +ready.* (\d+)K ", machine.run("services"))[1])
    row = "i=0; while [ $i -lt 300 ]; do [ -d '/net/view/tcp!1.2.3.4!5,udp,dns' ]; i=$((i+1)); done"
    machine.run(row)
    before = memory()
    machine.run(row)
    assert memory() <= before + 64, (before, memory())
    passed("600 views that are over leave nothing")


def check_owner(machine):
    """A conversation is of the user who made it, as is what its listener takes."""
    machine.run("(sleep 1000 | nc -l -p 7100 >/tmp/none &)")
    machine.wait_listener(7100)
    machine.run("(sleep 1000 | nc 127.0.0.1 7100 >/tmp/none &)")
    machine.run("until grep -q '!7100$' /net/tcp/*/remote; do sleep 0.1; done 2>/tmp/none; "  # nc takes one call
                "while cat $(grep -l '!7100$' /net/tcp/*/local | sed s/local/status/) | grep -q announced; "
                "do sleep 0.1; done 2>/tmp/none")
    ends = machine.run("grep -l '!7100$' /net/tcp/*/local /net/tcp/*/remote 2>/tmp/none", code=None).split()
    assert len(ends) >= 2, ends
    machine.line_send("exit")
    machine.login()
    for folder in {os.path.dirname(end) for end in ends}:
        for command in (f"cat {folder}/data", f"echo hangup >{folder}/ctl", f"cat {folder}/listen",
                        f"cat {folder}/error"):
            assert DENIED in machine.run(command, code=1), command
        assert "no such" not in machine.run(f"cat {folder}/status")
    said = machine.run("exec 3<>/net/udp/clone; ls -ln /net/udp/$(cat <&3); exec 3>&-")
    for name in ("ctl", "data", "listen"):
        assert re.search(rf"(?m)^-rw-rw---- +1 +1000 +1000 .* {name}$", said), said
    passed("nobody else reads, writes, ends or takes the calls of a conversation")


with Machine() as guest, WebServer({"/text": b"content\n"}) as first, WebServer({"/text": b"content\n"}) as second:
    guest.login(user="root")
    guest.reach()
    check_peers(guest, first, second)
    check_icmp(guest)
    check_many(guest)
    check_listening(guest)
    check_rules(guest)
    check_hostile(guest, first)
    check_end(guest)
    check_restart(guest, first, second)
    check_owner(guest)
