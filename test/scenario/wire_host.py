# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""A folder of the host: the emulator's own 9P server, reached over virtio."""

import hashlib
import os
import tempfile

from machine import Machine, passed, this_board


def write(path, content, mode=0o644):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return hashlib.sha256(content).hexdigest()


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def seen(machine, folder, digest):
    assert set(machine.run("ls /dev/host0").split()) == {"folder", "large", "link", "secret", "public"}
    assert machine.run("cat /dev/host0/link/text") == "from the host\n"
    assert digest in machine.run("sha256sum /dev/host0/large")
    both = machine.run("sha256sum /dev/host0/large & sha256sum /dev/host0/large; wait")
    assert both.count(digest) == 2, both
    passed("what the host's folder has is there")
    machine.run("cd /dev/host0/public && cp ../large copy && mkdir new && echo one >new/a && echo two >>new/a"
                " && mv new/a new/b && ln -s b new/c && cd")
    assert hashlib.sha256(read(folder, "public/copy")).hexdigest() == digest
    assert read(folder, "public/new/b") == b"one\ntwo\n" and os.readlink(os.path.join(folder, "public/new/c")) == "b"
    machine.run("rm -r /dev/host0/public/new /dev/host0/public/copy")
    assert os.listdir(os.path.join(folder, "public")) == []
    passed("what is written there is on the host")


def kept_apart(machine, folder):
    """The emulator acts as one user, whoever asks."""
    assert "ermission denied" in machine.run("cat /dev/host0/secret 2>&1", code=1)
    assert "ermission denied" in machine.run("echo x 2>&1 >/dev/host0/folder/new", code=1)
    assert "ermission denied" in machine.run("rm -f /dev/host0/large 2>&1", code=1)
    assert "not permitted" in machine.run("chmod 777 /dev/host0/secret 2>&1", code=1)
    assert read(folder, "secret") == b"secret\n"
    passed("permissions hold for users of this machine")


def restarted(machine):
    machine.line_send("exit")
    machine.login(user="root")
    assert machine.run("cat /dev/host0/secret") == "secret\n"
    number = machine.run("ps | grep '[v]irtio-9p'").split()[0]
    machine.run(f"kill -9 {number}")
    assert machine.run("cat /dev/host0/link/text") == "from the host\n"
    passed("a driver that was killed comes back")


with tempfile.TemporaryDirectory(prefix="ferrite-") as shared:
    os.chmod(shared, 0o755)
    os.mkdir(os.path.join(shared, "folder"), 0o755)
    os.mkdir(os.path.join(shared, "public"))
    os.chmod(os.path.join(shared, "public"), 0o777)
    os.symlink("folder", os.path.join(shared, "link"))
    write(os.path.join(shared, "folder/text"), b"from the host\n")
    write(os.path.join(shared, "secret"), b"secret\n", 0o600)
    sum_of_large = write(os.path.join(shared, "large"), os.urandom(1 << 20))
    device = "virtio-9p-pci" if "pc" in this_board() else "virtio-9p-device"
    with Machine(extra=f"-fsdev local,id=host,path={shared},security_model=none"
                       f" -device {device},fsdev=host,mount_tag=host") as local:
        local.login()
        seen(local, shared, sum_of_large)
        kept_apart(local, shared)
        restarted(local)
