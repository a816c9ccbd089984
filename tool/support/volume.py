# SPDX-License-Identifier: MIT
"""The disk of SYSTEM=bench-disk."""

import os
import shutil
import subprocess

WHOLE = 256 << 20  # with room behind the file system
SIZE, NAME = 128 << 20, "f3770000-0000-4000-8000-000000000000"


def make_disk(folder):
    """A disk with ext4 and a file that is larger than the file system's cache; the flags that make it one of the
    machine."""
    tree, image = os.path.join(folder, "tree"), os.path.join(folder, "disk")
    os.mkdir(tree)
    with open(os.path.join(tree, "data"), "wb") as file:
        for number in range(SIZE // 65536):
            file.write(number.to_bytes(8, "little") * 8192)
    tool = shutil.which("mke2fs") or shutil.which("mke2fs", path="/usr/sbin:/sbin:/opt/homebrew/opt/e2fsprogs/sbin")
    subprocess.run([tool, "-q", "-t", "ext4", "-b", "4096", "-U", NAME, "-E", f"hash_seed={NAME}", "-d", tree,
                    image, "192M"], check=True)
    os.truncate(image, WHOLE)
    return f" -drive if=none,id=disk0,format=raw,file={image}"
