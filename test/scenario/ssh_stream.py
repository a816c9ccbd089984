# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: ssh
"""One connection of SSH for long: what is offered to agree on, a long stream both ways, keys that are agreed on anew
on the way, a peer that asks whether somebody is there, and a window that changes its size.
SSH_STREAM_MIB sizes the stream."""

import fcntl
import hashlib
import os
import random
import re
import socket
import struct
import subprocess
import tempfile
import termios
import threading

from machine import Machine, passed
from ssh_client import Client, reach

MIB = int(os.environ.get("SSH_STREAM_MIB", "8"))
REKEY_MIB = 1

# What is thought good today: nothing of SHA-1, MD5, CBC, RC4, DSA, or short groups.
MODERN = {
    "kex": {"mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com",
            "curve25519-sha256", "curve25519-sha256@libssh.org"},
    "host key": {"ssh-ed25519"},
    "cipher": {"chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr",
               "aes128-ctr"},
    "mac": {"hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"},
    "compression": {"none"},
}
SIGNALS = {"kexguess2@matt.ucc.asn.au", "kex-strict-s-v00@openssh.com", "ext-info-s"}  # in the list, and no methods
STRICT = "kex-strict-s-v00@openssh.com"  # the answer to a prefix that is cut off (CVE-2023-48795)


def offered(port):
    """The lists of the server's SSH_MSG_KEXINIT (RFC 4253, section 7.1)."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one, one.makefile("rwb") as stream:
        stream.write(b"SSH-2.0-look\r\n")
        stream.flush()
        assert re.match(rb"SSH-2\.0-\S+\r\n$", stream.readline())
        size, padding = struct.unpack(">IB", stream.read(5))
        content = stream.read(size - 1)[:size - 1 - padding]
    assert content[0] == 20, content[0]
    content, lists = content[17:], []
    for _ in range(10):
        length = struct.unpack(">I", content[:4])[0]
        lists.append(set(content[4:4 + length].decode().split(",")))
        content = content[4 + length:]
    return lists


def algorithms(port):
    kex, keys, *rest = offered(port)
    assert STRICT in kex, kex
    lists = {"kex": kex - SIGNALS, "host key": keys, "cipher": rest[0] | rest[1], "mac": rest[2] | rest[3],
             "compression": rest[4] | rest[5]}
    for kind, names in lists.items():
        assert names and names <= MODERN[kind], f"{kind}: {sorted(names - MODERN[kind])}"
    assert rest[6] == rest[7] == {""}, rest
    passed("nothing is offered that is not thought good today")


def chunks():
    numbers = random.Random(MIB)
    for _ in range(MIB):
        yield numbers.randbytes(1 << 20)


def feed(stream, digest):
    for chunk in chunks():
        digest.update(chunk)
        stream.write(chunk)
    stream.close()


def errors_of(one, lines):
    for line in one.stderr:
        lines.append(line.decode(errors="replace"))


def stream(client, key):
    """To `cat` and back at once, while keys are agreed on anew after each REKEY_MIB."""
    sent, come, lines = hashlib.sha256(), hashlib.sha256(), []
    more = ("-o", f"RekeyLimit={REKEY_MIB}M", "-o", "LogLevel=DEBUG1")
    with client.start("cat", key=key, more=more, stderr=subprocess.PIPE) as one:
        threads = [threading.Thread(target=feed, args=(one.stdin, sent)),
                   threading.Thread(target=errors_of, args=(one, lines))]
        for thread in threads:
            thread.start()
        while part := one.stdout.read(1 << 16):
            come.update(part)
        for thread in threads:
            thread.join()
        assert one.wait(60) == 0, lines[-3:]
    assert sent.digest() == come.digest()
    passed(f"{MIB} MiB go there and come back at a time as they were")
    count = sum("SSH2_MSG_KEXINIT sent" in line for line in lines)
    assert count > MIB // REKEY_MIB, count
    passed("keys are agreed on anew on the way")


def alive(client, key):
    """The client asks the server twice, over a connection on which nothing happens, and only then goes on."""
    more = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=60", "-o", "LogLevel=DEBUG3")
    with client.start("read line; echo $line", key=key, more=more, stderr=subprocess.PIPE) as one:
        answers, asked = 0, 0
        while answers < 2:
            line = one.stderr.readline()
            assert line, "the client ended"
            asked += b"send packet: type 80" in line
            answers += asked > answers and bool(re.search(rb"receive packet: type 8[12]", line))
        out, _ = one.communicate(b"there\n", timeout=60)
        assert out == b"there\n" and one.returncode == 0, out
    passed("a client that asks whether the server is there is answered")


def size_of(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_until(terminal, wanted):
    text = b""
    while not re.search(wanted, text):
        text += os.read(terminal, 1000)
    return text


def window(client, key):
    outer, inner = os.openpty()
    size_of(outer, 30, 90)
    command = "trap 'stty size' WINCH; stty size; while :; do read line || :; [ \"$line\" != end ] || exit 4; done"
    words = client.words(command, key=key, more=("-tt",))
    take = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # noqa: E731
    with subprocess.Popen(**words, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
                          preexec_fn=take) as one:
        os.close(inner)
        read_until(outer, rb"30 90\r?\n")
        for rows, columns in ((40, 120), (24, 80), (500, 1000)):
            size_of(outer, rows, columns)
            read_until(outer, b"%d %d\r?\n" % (rows, columns))
        os.write(outer, b"end\n")
        assert one.wait(60) == 4, one.returncode
    os.close(outer)
    passed("a window that changes its size is a signal there, and the new size is seen")


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine(forward=(22,)) as machine:
        client = Client(folder, machine.ports[22])
        reach(machine)
        algorithms(machine.ports[22])
        key = client.admit(machine)
        alive(client, key)
        window(client, key)
        stream(client, key)


main()
