# SPDX-License-Identifier: MIT
"""OpenSSH's clients, for scenarios."""

import os
import subprocess


class Client:
    """OpenSSH's client for one machine, with files of its own."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.ask = self.path("ask")
        with open(self.ask, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho \"$PASSWORD\"\n")
        os.chmod(self.ask, 0o700)

    def path(self, name):
        return os.path.join(self.folder, name)

    def key(self, kind, bits):
        """Makes a key; its public line."""
        name = self.path(kind + bits)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-C", "", "-f", name], check=True)
        with open(name + ".pub", encoding="utf-8") as file:
            return file.read().strip()

    def words(self, *command, key=None, password=None, user="user", more=()):
        how = (["-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-i", self.path(key)] if key
               else ["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"])
        environment = {**os.environ, "SSH_ASKPASS": self.ask, "SSH_ASKPASS_REQUIRE": "force",
                       "PASSWORD": password or ""}
        return {"args": ["ssh", "-p", str(self.port), *more, *self.options(), *how, f"{user}@127.0.0.1", *command],
                "env": environment}

    def options(self):
        return ["-F", "none", "-o", f"UserKnownHostsFile={self.path('known')}",
                "-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR"]

    def run(self, *command, data=b"", code=0, **how):
        """A command there: what it printed, and to its errors."""
        done = subprocess.run(**self.words(*command, **how), input=data, capture_output=True, timeout=200, check=False)
        assert done.returncode == code, f"{command}: {done.returncode}, not {code}: {done.stdout[-300:]}{done.stderr}"
        return done.stdout, done.stderr

    def start(self, *command, stderr=None, **how):
        return subprocess.Popen(**self.words(*command, **how), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=stderr)

    def copy(self, program, *words, key, data=b"", code=0):
        """OpenSSH's scp or sftp with these words: what it printed, and to its errors."""
        how = ["-P", str(self.port), *self.options(), "-o", "IdentitiesOnly=yes", "-i", self.path(key)]
        done = subprocess.run([program, *how, *words], input=data, capture_output=True, timeout=400, check=False)
        assert done.returncode == code, f"{words}: {done.returncode}, not {code}: {done.stdout[-300:]}{done.stderr}"
        return done.stdout.decode(), done.stderr.decode()

    def admit(self, machine, kind="ed25519", bits="256"):
        """Makes a key that logs in; its name."""
        line = self.key(kind, bits)
        machine.run("mkdir -p ~/.ssh")
        machine.run(f"echo '{line}' >> ~/.ssh/authorized_keys")
        return kind + bits


def reach(machine):
    """Waits until SSH is listened for."""
    machine.login()
    machine.reach()
    machine.wait_listener(22)
