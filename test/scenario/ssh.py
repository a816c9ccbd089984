# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: ssh
"""Logging in over the network with OpenSSH's client: by keys and by password, and not by wrong ones; commands with
their exit status; a terminal and its size; bytes both ways; several sessions at once; a client that is killed."""

import hashlib
import random
import tempfile

from machine import Machine, passed
from ssh_client import Client, reach

KINDS = (("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048"))


def proofs(machine, client):
    lines = [client.key(*kind) for kind in KINDS]
    client.key("ed25519", "255")
    machine.run("mkdir -p ~/.ssh")
    for line in lines:
        machine.run(f"echo '{line}' >> ~/.ssh/authorized_keys")
    for kind, bits in KINDS:
        assert client.run("whoami", key=kind + bits)[0] == b"user\n"
        passed(f"a key of {kind} with {bits} bits logs in")
    assert client.run("id -u", password="ferrite")[0] == b"1000\n"
    passed("a password logs in")
    client.run("true", key="ed25519255", code=255)
    client.run("true", password="wrong", code=255)
    client.run("true", password="ferrite", user="nobody", code=255)
    client.run("true", password="ferrite", user="stranger", code=255)
    client.run("true", password="ferrite", user="root", code=255)
    machine.run("chmod 666 ~/.ssh/authorized_keys")
    client.run("true", key="ed25519256", code=255)
    machine.run("chmod 600 ~/.ssh/authorized_keys")
    passed("wrong keys, passwords and users are refused, and a file of keys that others can write")


def commands(client):
    client.run("exit 42", key="ed25519256", code=42)
    out, errors = client.run("echo out; echo errors >&2; pwd", key="ed25519256")
    assert out == b"out\n/home/user\n" and errors == b"errors\n", (out, errors)
    passed("a command has its exit status, its folder, output and errors")
    content = random.Random(3).randbytes(4 << 20)
    digest = hashlib.sha256(content).hexdigest()
    assert digest in client.run("sha256sum", data=content, key="ed25519256")[0].decode()
    assert client.run("cat", data=content, key="ed25519256")[0] == content
    passed("4 MiB go there and come back as they were")


def typed(client, *command, keys=b""):
    """What comes of keys on a terminal, and the exit status. The keyboard stays: its end would be the terminal's."""
    one = client.start(*command, key="ed25519256", more=("-tt",))
    one.stdin.write(keys)
    one.stdin.flush()
    return one.stdout.read(), one.wait(200)


def terminal(client):
    out, code = typed(client, "stty size; tty; exit 3")
    assert b"/dev/pts/" in out and code == 3, (out, code)
    out, code = typed(client, keys=b"echo $((6*7)) $TERM\nexit 5\n")
    assert b"42" in out and b"$ " in out and code == 5, (out, code)
    passed("a terminal has a shell on it")


def many(machine, client):
    clients = [client.start("read line; echo $line", key="ed25519256") for _ in range(8)]
    for number, one in enumerate(clients):
        out, _ = one.communicate(f"{number}\n".encode(), timeout=200)
        assert out == f"{number}\n".encode() and one.returncode == 0, (out, one.returncode)
    passed("eight sessions at once")
    cut = client.start("echo there; cat >/dev/null; echo gone >/tmp/gone; sleep 1000", key="ed25519256", more=("-tt",))
    assert b"there" in cut.stdout.readline()
    cut.kill()
    cut.wait()
    machine.run("until ! ps | grep -q '[c]at'; do sleep 0.1; done")
    client.run("true", key="ed25519256")
    passed("what a killed client ran on its terminal ends")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(22,)) as machine:
        client = Client(folder, machine.ports[22])
        reach(machine)
        proofs(machine, client)
        commands(client)
        terminal(client)
        many(machine, client)


main()
