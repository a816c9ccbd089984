# SPDX-License-Identifier: MIT
# Benchmarks of the kernel: programs that print lines `BENCH operation instructions`.
kind := programs
uses := guest dtb ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
