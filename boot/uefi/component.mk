# SPDX-License-Identifier: MIT
# It runs where firmware puts it, before the kernel has its place: no absolute address, no state.
kind := boot
flags := -fpie -fdirect-access-external-data -fno-jump-tables -fno-lto $(early_flags)
