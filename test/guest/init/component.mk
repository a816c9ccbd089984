# SPDX-License-Identifier: MIT
# The init of the test system.
kind := service
name := init
uses := ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
