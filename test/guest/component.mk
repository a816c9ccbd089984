# SPDX-License-Identifier: MIT
# Guest tests: one program for each kernel object, the same binary on every board. They have every
# resource, so that they can try what is refused without one, too.
kind := programs
uses := guest ferrite plain
sources := *_test.c
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
