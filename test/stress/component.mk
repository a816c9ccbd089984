# SPDX-License-Identifier: MIT
# Programs that leave the kernel no peace on several CPUs at once.
kind := programs
uses := guest ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
