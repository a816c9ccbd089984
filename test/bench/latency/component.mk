# SPDX-License-Identifier: MIT
# How late the most urgent thread runs, idle and under load: lines `LATENCY name nanoseconds count`.
kind := program
name := latency
uses := guest dtb ferrite plain
entitlements := resource/memory resource/interrupt resource/msi resource/port resource/dma \
	resource/debug resource/power resource/entropy resource/system resource/time priority=63
