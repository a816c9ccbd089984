# SPDX-License-Identifier: MIT
# Benchmarks of a disk with ext4, through the C library; its unit starts it when the machine is up.
kind := program
name := disk
uses := busy recover volume 9p ferrite c
entitlements := resource/system
