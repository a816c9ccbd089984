# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
# waits
"""unshare: a program sees the names that it is given, and a hostile one reaches nothing else: neither
by paths, links and handles that it keeps, nor by numbers of fids and processes, nor with a server of
its own."""

import os
import re

from machine import Machine, passed

BOX = "-k /bin -k /test -k /tmp/box"


def check_options(machine):
    run = machine.run
    run("mkdir /tmp/box && echo in > /tmp/box/file && echo out > /tmp/secret")
    assert run("unshare -k /bin -k /tmp/box ls / | cat").split() == ["bin"], "only what was kept"
    run("unshare -k /bin -k /dev [ -c /dev/tty ]")  # which is mounted below
    assert run("unshare -k /bin -b /tmp/box=/data cat /data/file").strip() == "in"
    run("unshare ls /tmp/secret && unshare -d /tmp ls /bin/sh && [ -e /tmp/secret ]")
    assert "No such file" in run("unshare -d /tmp cat /tmp/secret", code=1)
    assert "nothing is mounted there" in run("unshare -d /etc/passwd true", code=1)
    assert run("ip addr | head -1")
    assert "/net" in run("unshare -n ip addr", code=1)
    assert "/net" not in run("unshare -n ns")
    run("unshare sh -c 'bind /tmp/box /home && cat /home/file' && [ ! -e /home/file ]")
    run("ns > /tmp/box/ns && unshare -f /tmp/box/ns ns > /tmp/box/again && [ -s /tmp/box/again ]", code=None)
    assert "No such file" in run("unshare -k /tmp/box true", code=127)
    assert "usage" in run("unshare -e", code=2)
    passed("a namespace is copied, made of what is kept, or freed of names and the network")


def check_processes(machine):
    outside = re.search(r"(?m)^(\d+)", machine.run("sleep 1000 & echo $!"))[1]
    assert "No such process" in machine.run(f"unshare kill -9 {outside}", code=1)
    machine.run(f"unshare sh -c 'sleep 1000 & kill -9 $!' && kill -0 {outside}")
    passed("it can end its own processes and no others")
    return outside


def check_user(machine):
    """User 0 runs programs as somebody else, who does not become user 0 again."""
    run = machine.run
    assert "not permitted" in run("unshare -u root true", code=1)
    assert "no such user" in run("unshare -u nobody-at-all true", code=1)
    run("id > /tmp/own && (umask 077; echo own > /tmp/box/own)")
    machine.line_send("exit")
    machine.login(user="root")
    outside = re.search(r"(?m)^(\d+)", run("umask 077; echo root > /tmp/box/root; sleep 1000 & echo $!"))[1]
    machine.line_send("unshare -u user sh")
    machine.expect(r"[$#] ")
    run("id | diff - /tmp/own && grep -q '^uid 1000$' /proc/$$/status && cat /tmp/box/own")
    for command in "cat /tmp/box/root", "cat /etc/secret/shadow", "echo new > /tmp/box/root":
        assert "denied" in run(command, code=1), command
    assert "No such process" in run(f"kill {outside}", code=1)
    assert "not permitted" in run("unshare -u root true", code=1)
    run("echo new > /tmp/box/new && ls -n /tmp/box/new | grep -q ' 1000 ' && rm /tmp/box/new")
    machine.line_send("exit")
    machine.expect(r"[$#] ")
    assert run("unshare -u user -k /bin -k /tmp/box ls / | cat").split() == ["bin"]
    run("unshare -u user -n [ ! -e /net ] && kill -0 $!")
    run("unshare -u root sh -c 'id -u | grep 0 && cat /tmp/box/root'")
    machine.line_send("exit")
    machine.login()
    passed("a program that user 0 runs as a user is the user's with all that it names")


VICTIMS = ["ls -laR /tmp/liar", "cat /tmp/liar/a /tmp/liar/b", "cp -r /tmp/liar /tmp/copy", "find /tmp/liar",
           "df /tmp/liar", "echo x > /tmp/liar/b", "mv /tmp/liar/b /tmp/liar/c", "rm -r /tmp/liar/a",
           "cd /tmp/liar && echo *", "stat /tmp/liar/folder/b", "/tmp/liar/a", "ns > /dev/null",
           "bind /tmp/liar /tmp/other", "tail -c 5 /tmp/liar/b"]


def check_liar(machine):
    """Programs that may do all use a server that is confined, and lies: they end with an error, or may be ended."""
    run = machine.run
    run("mkdir /tmp/liar /tmp/other; cat /dev/services | grep -c ready > /tmp/before")
    script = " ".join(f"'{command}'" for command in VICTIMS)
    run(f"echo \"for c in {script}; do timeout 1 sh -c \\\"\\$c\\\" < /dev/null > /tmp/said 2>&1; r=\\$?; "
        "[ \\$r -le 127 -o \\$r = 143 ] || echo broken \\$r: \\$c; done\" > /tmp/victims")
    for seed in range(int(os.environ.get("LIES", "3"))):
        end = 0 if seed % 2 == 0 else 20 + seed
        run(f"unshare -k /srv -k /test /test/liar /srv/liar {seed} {end} & "
            "until test -e /srv/liar; do sleep 0.1; done; mount /srv/liar /tmp/liar")
        said = run("sh /tmp/victims")
        assert "broken" not in said, f"seed {seed}: {said}"
        run("unmount /tmp/liar; unmount /tmp/other; kill $!; rm -rf /srv/liar /tmp/copy", code=None)
    run("cat /dev/services | grep -c ready | diff - /tmp/before")
    passed("a server that lies costs its clients an error, and the others nothing")


with Machine() as machine:
    machine.login()
    check_options(machine)
    check_user(machine)
    outside = check_processes(machine)
    machine.run("ln -s ../secret /tmp/box/up && ln -s /tmp/secret /tmp/box/whole")
    said = machine.run(f"unshare {BOX} /test/hostile {outside}", code=None)
    assert re.search(r"(?m)^0 reached", said), said
    said = machine.run(f"unshare {BOX} /test/hostile {outside} < /tmp/secret > /tmp/said; cat /tmp/said")
    assert re.search(r"(?m)^0 reached", said), said
    machine.run(f"kill -0 {outside} && [ \"$(cat /tmp/secret)\" = out ]")
    passed("a hostile program reaches nothing that it was not given")
    said = machine.run(f"/test/hostile {outside}", code=1)
    assert int(re.search(r"(?m)^(\d+) reached", said)[1]) > 20, "the same program, not confined"
    passed("without unshare it would")
    check_liar(machine)
