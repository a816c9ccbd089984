# SPDX-License-Identifier: MIT
# 9P2000.L as bytes: what export and import speak over a network, and virtio-9p with the emulator.
kind := library
uses := ferrite
