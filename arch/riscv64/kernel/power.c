// SPDX-License-Identifier: MIT
// Ending the machine: by the test device that emulators have (compatible "sifive,test0"), which
// tells an exit code too, or by firmware.
#include "kernel/device/dtb.h"
#include "arch/riscv/kernel/port.h"
#include "sbi.h"
#include <abi/object.h>
#include <arch/arch.h>

enum : uint32_t {
    TEST_FAIL = 0x3333, // exit code in the upper half
    TEST_PASS = 0x5555,
    TEST_RESET = 0x7777,
    RESET_SHUTDOWN = 0,
    RESET_COLD = 1,
};

static volatile uint32_t *test_device;

void power_init(const struct dtb *dtb, const struct bootinfo *info)
{
    uint64_t base, size;
    uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, "sifive,test0");
    if (node == DTB_NONE || !dtb_reg(dtb, node, 0, &base, &size) || size < 4) return;
    test_device = arch_map_device(base, size, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
}

enum status arch_power(uint32_t action, uint32_t exit_code)
{
    bool is_reset = action == POWER_REBOOT;
    if (test_device != nullptr)
        *test_device = is_reset         ? TEST_RESET
                       : exit_code == 0 ? TEST_PASS
                                        : exit_code << 16 | TEST_FAIL;
    sbi_call(SBI_RESET, 0, is_reset ? RESET_COLD : RESET_SHUTDOWN, 0, 0);
    if (!is_reset) sbi_call(SBI_OLD_SHUTDOWN, 0, 0, 0, 0);
    return ERR_NOT_SUPPORTED;
}
