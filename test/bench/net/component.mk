# SPDX-License-Identifier: MIT
# Benchmarks of the network, through the C library; its unit starts it when the machine is up.
kind := program
name := net
uses := busy c
entitlements := resource/system
