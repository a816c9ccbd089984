# SPDX-License-Identifier: MIT
"""Services: each has a pid, whenever it was started, and what init has to say is in the log."""

import re

from machine import Machine, passed


def pids(machine):
    """Pid by name, as ps tells."""
    return {name: int(pid) for pid, name in re.findall(r"(?m)^\s*(\d+)\s.*\s(\S+)\s*$", machine.run("ps"))}


def revived(machine):
    machine.run("mkdir /tmp/old /home/etc; bind /tmp/old /n; bind /etc /home/etc")
    victims = " ".join(machine.pid_of(name) for name in ("initrd", "virtio-block", "tmp"))
    machine.run(f"(sleep 3; kill -9 {victims}; touch /home/killed) &")
    machine.line_send("unshare -k /bin -k /etc -k /dev/disk0 -k /home -k /n sh")
    machine.run("cd /home; until test -e killed; do head -c 512 /dev/disk0/data > block; ls /etc > list; done")
    for place in "/etc", "/home/etc":
        assert "passwd" in machine.run(f"ls {place}"), f"{place} is lost to who alone knows the name"
    assert "512" in machine.run("head -c 512 /dev/disk0/data > block; wc -c block")
    assert "No such file" in machine.run("ls /n", code=1)
    machine.line_send("exit")
    assert "passwd" in machine.run("ls /home/etc; unmount /n; unmount /home/etc")
    passed("what is mounted where only its own processes know, and what is bound, leads to the next service")


with Machine() as machine:
    machine.login(user="root")
    ended = {"clock", "urgent", "viewed"}  # do something once, and that is all
    services = set(re.findall(r"(?m)^(\S+) ready ", machine.run("cat /dev/services"))) - ended
    running = pids(machine)
    assert services and services <= set(running), f"without a pid: {services - set(running)}"
    assert running["init"] == 1 and {"initrd", "process", "devfs"} <= services
    print("\nPASS service: every service has a pid, also those before the process service")

    status = dict(re.findall(r"(?m)^(\w+) (.*?)\s*$", machine.run("cat /proc/1/status")))
    assert status["name"] == "init" and int(status["memory"]) > 0 and int(status["id"]) > 0
    print("\nPASS service: init is seen like the others")

    machine.run(f"kill -9 {running['log']}")
    said = machine.run("until dmesg | grep -q 'init: log: killed by signal 9, started again'; do sleep 0.1; done")
    assert "started again" not in said, said
    assert pids(machine)["log"] != running["log"]
    print("\nPASS service: what init says is in the log, not between what programs print")

    machine.run("echo flood > /dev/hang/ctl; until grep -q 'messages dropped' /dev/logs/hang; do sleep 0.1; done")
    machine.run("sleep 2")
    flood = machine.run("cat /dev/logs/hang")
    dropped = sum(map(int, re.findall(r"hang: (\d+) messages dropped", flood)))
    assert "number 0 of many" in flood and dropped > 2000, flood[-500:]
    assert flood.count("of many") < 400, "the flood is not dropped"
    shown = machine.run("log -u init")
    assert re.search(r"(?m)^\[ +\d+\.\d{6}\] warning init: log: killed by signal 9", shown), shown
    assert "Ferrite" in machine.run("log -u kernel") and machine.run("log -u kernel -l warning").strip() == ""
    assert machine.run("log -u kernel -s 0.5").strip() == "" and "usage" in machine.run("log -l loud", code=2)
    assert set(machine.run("ls /dev/logs").replace("\x1b[m", "").split()) >= {"follow", "hang", "init", "kernel"}
    passed("the log is by source, with time and level; who talks much is cut off, and nobody else")

    told = {name: machine.run(f"cat /dev/logs/{name}") for name in ("kernel", "hang", "init")}
    machine.run(f"kill -9 {pids(machine)['log']}; "
                "until [ $(log -u init | grep -c 'init: log: killed by signal 9') = 2 ]; do sleep 0.1; done")
    for name, text in told.items():
        lines = text.splitlines()
        assert machine.run(f"cat /dev/logs/{name}").splitlines()[:len(lines)] == lines, f"{name}: {text}"
    passed("a log service that was started again has what the one before had, once")

    assert "state ready" in machine.run("cat /dev/units/ip") and "threads 1" in machine.run("cat /dev/units/ip")
    started = machine.run("grep started /dev/units/srv")
    machine.run("echo restart > /dev/units/srv; until grep 'restarts 1' /dev/units/srv; do sleep 0.1; done")
    assert machine.run("grep started /dev/units/srv") != started
    machine.run("echo dance > /dev/units/srv", code=1)
    passed("each unit is a file")

    revived(machine)

    # Without the console service the debug console is the kernel's again.
    machine.line_send(f"kill -9 {running['console']}")
    machine.expect(r"init: console: killed by signal 9")
    print("\nPASS service: init is heard when the console has died")
