// SPDX-License-Identifier: MIT
// Partition tables: GPT (UEFI Specification 2.10, 5.3) with both its copies, and MBR (5.2) with
// extended partitions. What a table says is not believed: a partition is refused that has no
// sectors, leaves the disk, what the table calls usable, or the extended partition that it is in,
// or has sectors of one before it; and every list ends. Sectors have 512 bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { PARTITION_SECTOR = 512 };

struct partition {
    uint32_t number;       // as in the table, from 1
    uint64_t first, count; // sectors
};

struct partition_reader {
    // Sectors from `first` on; false: they cannot be read.
    bool (*read)(void *context, uint64_t first, void *to, uint32_t count);
    void (*found)(void *context, const struct partition *partition);
    // What is wrong with one that is in the table and is refused. nullptr: nobody wants to know.
    void (*refused)(void *context, const struct partition *partition, const char *why);
    void *context;
    uint64_t sectors; // of the disk
};

// Calls `found` for each partition. 0: there is none.
uint32_t partition_find(const struct partition_reader *reader);
