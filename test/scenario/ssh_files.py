# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: ssh
"""Files over SSH, by sftp and by both protocols of scp, with OpenSSH's clients: what they hold, folders, names, modes,
and what is refused. SSH_FILE_MIB sizes the large file."""

import hashlib
import os
import random
import tempfile

from machine import Machine, passed
from ssh_client import Client, reach

LARGE = int(os.environ.get("SSH_FILE_MIB", "8")) << 20
NAMES = ("plain", "a name with spaces", "größe", "-dash", "quote'd", "[brackets]")


def write(path, size, seed):
    with open(path, "wb") as file:
        numbers = random.Random(seed)
        for _ in range(0, size, 1 << 20):
            file.write(numbers.randbytes(min(size, 1 << 20)))
    return digest(path)


def digest(path):
    value = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            value.update(part)
    return value.hexdigest()


def digest_there(client, key, path):
    return client.run(f"sha256sum '{path}'", key=key)[0].decode().split()[0]


def sftp(client, key, *lines, code=0):
    return client.copy("sftp", "-b", "-", "user@127.0.0.1", key=key, data="\n".join(lines).encode() + b"\n", code=code)


def by_sftp(client, key):
    here, back = client.path("large"), client.path("back")
    value = write(here, LARGE, 1)
    sftp(client, key, f"put {here} /tmp/large", f"get /tmp/large {back}")
    assert digest_there(client, key, "/tmp/large") == value and digest(back) == value
    passed("a large file goes there by sftp and comes back as it was")
    listed, _ = sftp(client, key, "pwd", "mkdir box", "cd box", f"put {here} one", "chmod 640 one", "rename one two",
                     "symlink two three", "ls -l", "ls -la ..")
    assert "/home/user" in listed and "-rw-r-----" in listed and str(LARGE) in listed and "two" in listed, listed
    assert "three" in listed and ".ssh" in listed, listed
    sftp(client, key, "rm box/three", "rm box/two", "rmdir box", "-ls box")
    assert b"box" not in client.run("ls", key=key)[0]
    passed("folders and names are made, listed, changed and removed by sftp")


def refused(client, key):
    for line, said in (("get /tmp/none x", "not found"), ("ls /none", "not found"), ("rmdir /tmp", ""),
                       ("get /etc/secret/shadow x", "ermission denied"), ("mkdir /etc/box", ""),
                       ("rm /etc/passwd", "")):
        _, errors = sftp(client, key, line, code=1)
        assert said in errors and errors, (line, errors)
    _, errors = client.copy("scp", client.path("none"), "user@127.0.0.1:", key=key, code=255)
    assert "No such file" in errors, errors
    _, errors = client.copy("scp", "-O", "user@127.0.0.1:/tmp/none", client.path("x"), key=key, code=1)
    assert "No such file" in errors, errors
    passed("what is not there or not the user's is refused, and it is said why")


def by_scp(client, key, *how):
    here, back = client.path("large"), client.path("back")
    os.truncate(back, 0)
    client.copy("scp", *how, here, "user@127.0.0.1:/tmp/copied", key=key)
    client.copy("scp", *how, "user@127.0.0.1:/tmp/copied", back, key=key)
    assert digest_there(client, key, "/tmp/copied") == digest(here) == digest(back)
    passed(f"a large file goes there by scp {' '.join(how)} and comes back as it was")
    tree, copy = client.path("tree"), client.path("copy" + "".join(how))
    values = {name: digest(os.path.join(tree, "inner", name)) for name in NAMES}
    client.copy("scp", *how, "-pr", tree, "user@127.0.0.1:/tmp/tree" + "".join(how), key=key)
    client.copy("scp", *how, "-pr", "user@127.0.0.1:/tmp/tree" + "".join(how), copy, key=key)
    assert {name: digest(os.path.join(copy, "inner", name)) for name in NAMES} == values
    for name in NAMES:
        first, second = (os.stat(os.path.join(top, "inner", name)) for top in (tree, copy))
        assert first.st_mode == second.st_mode and int(first.st_mtime) == int(second.st_mtime), (name, first, second)
    passed(f"a tree goes there by scp {' '.join(how)} and comes back with names, modes and times")


def make_tree(client):
    inner = client.path("tree/inner")
    os.makedirs(inner)
    for number, name in enumerate(NAMES):
        path = os.path.join(inner, name)
        write(path, number * 1000, number)
        os.chmod(path, 0o600 | number)
        os.utime(path, (1e9 + number, 1e9 + number))
    os.makedirs(client.path("tree/empty"))


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(22,)) as machine:
        client = Client(folder, machine.ports[22])
        reach(machine)
        key = client.admit(machine)
        make_tree(client)
        by_sftp(client, key)
        by_scp(client, key)
        by_scp(client, key, "-O")
        refused(client, key)


main()
