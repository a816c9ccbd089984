// SPDX-License-Identifier: MIT
#include "direct.h"

#include <volume/device.h>

enum : size_t { MIB = 1 << 20, PAGE = 4096, STRIDE = 1021 };
enum : uint64_t { FIRST = 192 * MIB, SIZE = 64 * MIB }; // behind the file system

static struct device device;
static struct device_memory memory;

bool direct_open(void)
{
    if (device_open(&device, "/dev/disk0/data") != 0) return false;
    if (device.size < FIRST + SIZE || device_memory_get(&device, MIB, &memory) != 0) return false;
    return memory.number != 0; // the driver's own
}

static uint64_t place_of(size_t i)
{
    return FIRST + i * STRIDE % (SIZE / PAGE) * PAGE;
}

bool direct_read_mib(size_t i)
{
    struct device_piece piece = {.memory = &memory, .size = MIB};
    return device_fill(&device, FIRST + i * MIB % SIZE, &piece) == 0;
}

bool direct_read_random(size_t i)
{
    struct device_piece piece = {.memory = &memory, .size = PAGE};
    return device_fill(&device, place_of(i), &piece) == 0;
}

bool direct_write_mib(size_t i)
{
    struct device_piece piece = {.memory = &memory, .size = MIB};
    return device_store(&device, FIRST + i * MIB % SIZE, &piece) == 0;
}

bool direct_write_random(size_t i)
{
    struct device_piece piece = {.memory = &memory, .size = PAGE};
    return device_store(&device, place_of(i), &piece) == 0;
}
