// SPDX-License-Identifier: MIT
// Driver of the Arm PrimeCell real-time clock (PL031, technical reference manual DDI 0224): a
// counter of seconds since 1970.
#include <abi/errno.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <rtc/rtc.h>

enum : uint32_t { DATA = 0x00, LOAD = 0x08, WINDOW_SIZE = 0x1000 };

static volatile uint8_t *registers;

static int pl031_read(uint64_t *seconds)
{
    *seconds = *(volatile uint32_t *)(registers + DATA);
    return 0;
}

static int pl031_write(uint64_t seconds)
{
    if (seconds > UINT32_MAX) return -EINVAL;
    *(volatile uint32_t *)(registers + LOAD) = (uint32_t)seconds;
    return 0;
}

int main(void)
{
    static const struct rtc_operations operations = {.read = pl031_read, .write = pl031_write};
    const struct fe_start_handle *window = fe_start_find("registers/0");
    void *at;
    if (window == nullptr ||
        fe_memory_map(window->handle, 0, WINDOW_SIZE, MAP_READ | MAP_WRITE, &at) != OK) {
        fe_log("no registers");
        return 1;
    }
    registers = (volatile uint8_t *)at + window->value;
    return rtc_serve("pl031", &operations);
}
