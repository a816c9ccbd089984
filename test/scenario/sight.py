# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""What services and logins see: a service reaches what its unit names and nothing else; a login gets the names of its
namespace files, and in spite of a bad line."""

import re

from machine import Machine, passed

LINES = ["# mine", r"bind \$HOME/box /data", "bind /nowhere /x", "mount /srv/tmp /scratch", "bind 'open",
         "bind /data /y"]


def names(machine, service):
    """What `service` has in its namespace."""
    return [line.split()[-1] for line in
            machine.run(f"ns $(ps | sed -n 's/^ *\\([0-9]*\\) .* {service}$/\\1/p')").splitlines()[1:]]


def check_services(machine):
    assert names(machine, "tmp") == [] and names(machine, "log") == [] and names(machine, "virtio-net") == []
    assert set(names(machine, "ip")) == {"/dev/device", "/dev/ether0", "/etc/hostname"}
    assert set(names(machine, "dns")) == {"/net/udp", "/net/tcp", "/net/changes", "/net/resolv.conf", "/etc/hosts",
                                          "/etc/services"}
    assert set(names(machine, "login")) >= {"/dev/console", "/etc", "/bin", "/home"}
    assert "groups=1000(user),10(wheel)" in machine.run("id")
    assert "/net" not in names(machine, "login") and "/" not in names(machine, "login")
    assert sorted(names(machine, "device")) == ["/driver", "/etc/driver"]
    assert names(machine, "init")[:2] == ["/dev/power", "/srv/power"]
    passed("each service has the names that its unit gives it, and no others")


def check_all(machine):
    """Everything that has a name can be listed, and what a file says can be read: nothing waits."""
    machine.run("cd / && ls -d proc net srv dev/users dev/trace dev/log dev/console && cd")
    assert "groups wheel users user" in machine.run("cat /dev/users/user")
    said = machine.run("/test/explore / hang")  # which is made to fail
    folders, files = map(int, re.search(r"(\d+) folders, (\d+) files", said).groups())
    assert "waits" not in said and "fails" not in said and folders > 100 and files > 500, said
    passed(f"all {folders} folders can be listed, and {files} files read")


def log_in_again(machine):
    machine.line_send("exit")
    machine.login()


def check_login(machine):
    run = machine.run
    run("mkdir -p lib box && echo mine > box/file")
    run("printf '%s\\n' " + " ".join(f'"{line}"' for line in LINES) + " > lib/namespace")
    machine.line_send("exit")
    machine.expect("login: ")
    machine.line_send("user")
    machine.expect("(?i)password: ")
    machine.line_send("ferrite")
    machine.expect(r"newns: /home/user/lib/namespace: line 3: No such file or directory\s")
    machine.expect(r"newns: /home/user/lib/namespace: line 5: Invalid argument\s")
    machine.expect(r"[$#] ")
    assert run("cat /data/file /y/file").split() == ["mine", "mine"]
    run("touch /scratch/there && [ -e /tmp/there ] && [ ! -e /x ]")
    passed("a login has the names of its file, and bad lines of it are told by their numbers")
    run("mv lib/namespace lib/other && cat /lib/namespace")
    log_in_again(machine)
    run("[ ! -e /data ] && newns -f lib/other sh -c 'cat /data/file'")
    assert "none: No such file" in run("newns -f none true; newns -f none", code=1)
    assert "usage" in run("newns -x", code=2)
    passed("and another login has its own")


with Machine() as machine:
    machine.login()
    check_services(machine)
    check_all(machine)
    check_login(machine)
