# SPDX-License-Identifier: MIT
"""Tests as the sources of ports have them, as an archive for a machine."""

import io
import os
import tarfile

from machine import TOP


def folder(port):
    return os.path.join(TOP, "out/port", port)


def read(port, name):
    with open(os.path.join(folder(port), name), encoding="utf-8") as file:
        return file.read()


def archive(port, names, changed, left_out=()):
    """Files and folders of a port's source; `changed` has files' other contents by name."""
    def kept(entry):
        return None if entry.name.startswith(tuple(left_out)) or entry.name in changed else entry

    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name in names:
            tar.add(os.path.join(folder(port), "src", name), name, filter=kept)
        for name, text in changed.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
