# SPDX-License-Identifier: MIT
"""A release image: keys and accounts of its own and no others, deaf to the switches of tests."""

import os
import subprocess
import tempfile

from machine import TOP, Machine, WebServer, make, passed, this_board

VERSION = "7.1-rc2"


def passwd(*words, given=""):
    """The host tool's result."""
    return subprocess.run([os.path.join(TOP, "out/host/bin/passwd"), *words], input=given, text=True,
                          capture_output=True, check=False)


def refuse(machine, user, password, answer):
    machine.expect(r"login: ")
    machine.line_send(user)
    machine.expect(r"(?i)password: ")
    machine.line_send(password)
    machine.expect(answer)


def build(folder):
    """Builds the image; gives the variables that say which it is."""
    accounts = os.path.join(folder, "accounts")
    given = [f"RELEASE={VERSION}", f"KEYS={folder}/keys", "SYSTEM=default"]
    make("keys", f"KEYS={folder}/keys")
    for words, what in (((), "no default password"), ((f"PASSWD={accounts}",), "hash")):
        with open(accounts, "w", encoding="utf-8") as file:
            file.write("user:ferrite\n")
        failed = subprocess.run(["make", "-s", f"BOARD={this_board()}", *given, *words, "build"], cwd=TOP, text=True,
                                capture_output=True, check=False)
        assert failed.returncode and what in failed.stdout + failed.stderr, failed
    with open(accounts, "w", encoding="utf-8") as file:
        file.write(passwd("user", given="opens it\n").stdout)
    make(*given, f"PASSWD={accounts}", "build")
    return [*given, f"PASSWD={accounts}"]


assert passwd("two words", given="x\n").returncode == 1
assert passwd("user", given="\n").returncode == 1
with open(os.path.join(TOP, "out", this_board(), "image/bin/busybox"), "rb") as image:
    stranger = image.read()

with tempfile.TemporaryDirectory() as folder, WebServer({"/stranger": stranger}) as web:
    given = build(folder)
    passed("without keys and accounts of its own none is built")
    with Machine(system="default", given=given, command_line="exit=semihosting isa-debug-exit=0x501",
                 extra="-device isa-debug-exit,iobase=0x501" if "x86" in this_board() else "") as machine:
        machine.expect(rf"Ferrite {VERSION} on ")
        refuse(machine, "user", "ferrite", "Login incorrect")
        assert "development" not in machine.child.before, machine.child.before
        refuse(machine, "root", "ferrite", "This account is locked")
        refuse(machine, "root", "", "This account is locked")
        passed("the development images' passwords open nothing")
        machine.login(password="opens it")
        assert machine.run("uname -r").strip() == VERSION
        passed("the account that was given opens it, and it tells its version")
        machine.run(f"cd /tmp; wget {web.url('/stranger')}; chmod +x stranger")
        assert "Exec format error" in machine.run("./stranger true", code=None)
        passed("what development keys have signed does not run")
        machine.line_send("poweroff")
        machine.expect_end()
        machine.child.close()
        assert machine.child.exitstatus == 0, machine.child
        passed("switches of tests are off")
