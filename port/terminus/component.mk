# SPDX-License-Identifier: MIT
# Terminus Font as tables: <terminus/terminus.h>. prepare makes them of the BDF files.
kind := library
sources := terminus.c
