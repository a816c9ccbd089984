# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# needs: ssh
"""A client of SSH that has vanished without a word loses its session, and one that answers keeps it. A second sshd,
which is there with a second card, asks after a second: test/scenario/tree/etc/init/sshd.brief.unit."""

import signal
import subprocess
import tempfile

from machine import Machine, passed
from ssh_client import Client, reach

PORT = 2200
SECOND = "-netdev user,id=net1,net=10.9.0.0/24 -device virtio-net-device,netdev=net1"


def there(client, key):
    one = client.start("echo there; read line; echo $line", key=key, stderr=subprocess.PIPE)
    line = one.stdout.readline()
    assert line == b"there\n", f"{line}, {one.communicate(timeout=100)}, {one.returncode}"
    return one


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(PORT,), extra=SECOND) as machine:
        client = Client(folder, machine.ports[PORT])
        reach(machine)
        machine.wait_listener(PORT)
        key = client.admit(machine)
        stays, vanishes = there(client, key), there(client, key)
        assert len(machine.pids_of("ssh")) == 2, machine.run("ps")
        vanishes.send_signal(signal.SIGSTOP)
        machine.run("until [ $(ps | grep -c ' ssh$') = 1 ]; do sleep 0.1; done")
        passed("a client that has vanished loses its session")
        out, errors = stays.communicate(b"still there\n", timeout=100)
        assert out == b"still there\n" and stays.returncode == 0, (out, errors, stays.returncode)
        passed("one that answers keeps it")
        vanishes.send_signal(signal.SIGCONT)
        out, errors = vanishes.communicate(b"back\n", timeout=100)
        assert out == b"" and vanishes.returncode == 255, (out, errors, vanishes.returncode)
        passed("who comes back later is told that it has ended")


main()
