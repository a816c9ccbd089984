# SPDX-License-Identifier: MIT
# The TCP/IP engine for one thread of one process: whoever uses it supplies sys_now(), drives its
# timers by sys_timeouts_sleeptime(), and gives it a struct netif for each link.
kind := library
uses := c
sources := *.c src/core/*.c src/core/ipv4/*.c src/core/ipv6/*.c src/netif/ethernet.c
include := src/include
flags := -std=c11 -D_GNU_SOURCE -fno-sanitize=shift # it shifts bytes into the sign
