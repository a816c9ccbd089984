# SPDX-License-Identifier: MIT
# The first process: starts and supervises the services.
kind := service
uses := 9p cpio ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
