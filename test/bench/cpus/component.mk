# SPDX-License-Identifier: MIT
# Benchmarks of several CPUs, which need four.
kind := programs
uses := guest ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
