# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: ssh
"""The host's key of SSH is kept on a disk that is /, and only there; sshd is started again when it is killed, with the
same key, and who is logged in stays."""

import os
import subprocess
import tempfile

from machine import Machine, make, passed
from ssh_client import Client, reach


def known(client):
    with open(client.path("known"), encoding="utf-8") as file:
        return file.read().split()[-1]


def boot(disk, folder, name):
    """Boots; the host's key that was seen."""
    where = os.path.join(folder, name)
    os.mkdir(where)
    with Machine(disk=disk, forward=(22,)) as machine:
        client = Client(where, machine.ports[22])
        reach(machine)
        key = client.admit(machine)
        assert client.run("id -un", key=key)[0] == b"user\n"
        one = client.start("read line; echo $line", key=key, stderr=subprocess.PIPE)
        said = machine.run("cat /etc/secret/ssh_host_key", code=1)
        assert ("Permission denied" if disk else "No such file") in said, said
        if disk:
            restart(machine, client, key)
        out, errors = one.communicate(b"still there\n", timeout=60)
        assert out == b"still there\n", (out, errors, one.returncode)
        machine.run("sync")
        return known(client)


def restart(machine, client, key):
    before = machine.pid_of("sshd")
    client.run("true", key=key)
    machine.run("services restart sshd")
    machine.run(f"until ! ps | grep -q '^ *{before} '; do sleep 0.1; done")
    machine.wait_listener(22)
    client.run("true", key=key)


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        disk = os.path.join(folder, "root.img")
        make("SYSTEM=scenario", f"DISK={disk}", "SIZE=64M", "disk")
        first, second, without = boot(disk, folder, "1"), boot(disk, folder, "2"), boot(None, folder, "3")
    assert first == second, (first, second)
    passed("the host's key on a disk is the same after a boot, and after sshd was started again")
    assert without != first
    passed("without a disk it is another one")


main()
