// SPDX-License-Identifier: MIT
// Ending the machine: by the test device that emulators have (compatible "sifive,test0"), which
// tells an exit code too. There is no firmware that could.
#include "kernel/device/dtb.h"
#include "arch/riscv/kernel/port.h"
#include <abi/object.h>
#include <arch/arch.h>

enum : uint32_t {
    TEST_FAIL = 0x3333, // exit code in the upper half
    TEST_PASS = 0x5555,
    TEST_RESET = 0x7777,
};

static volatile uint32_t *test_device;

void power_init(const struct dtb *dtb, const struct bootinfo *)
{
    uint64_t base, size;
    uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, "sifive,test0");
    if (node == DTB_NONE || !dtb_reg(dtb, node, 0, &base, &size) || size < 4) return;
    test_device = arch_map_device(base, size, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
}

enum status arch_power(uint32_t action, uint32_t exit_code)
{
    if (test_device == nullptr) return ERR_NOT_SUPPORTED;
    *test_device = action == POWER_REBOOT ? TEST_RESET
                   : exit_code == 0       ? TEST_PASS
                                          : exit_code << 16 | TEST_FAIL;
    return ERR_NOT_SUPPORTED;
}
