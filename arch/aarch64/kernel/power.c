// SPDX-License-Identifier: MIT
// Ending the machine, and starting its CPUs, through PSCI (Arm DEN0022), by the conduit that
// firmware names. With `exit=semihosting` on the command line the exit code goes to the debugger or
// emulator instead (Arm semihosting, SYS_EXIT_EXTENDED): for tests only, since without one the
// instruction is undefined.
#include "kernel/device/aarch64/description.h"
#include "kernel/option.h"
#include "port.h"
#include <abi/object.h>
#include <arch/arch.h>

enum : uint32_t {
    PSCI_CPU_ON = 0xc4000003,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    SEMIHOSTING_EXIT_EXTENDED = 0x20,
    SEMIHOSTING_APPLICATION_EXIT = 0x20026,
};

static enum conduit conduit;
static bool is_semihosting;

void power_init(const struct description *description, const struct bootinfo *info)
{
    is_semihosting = option_has(info, "exit=semihosting");
    conduit = description->conduit;
}

// Registers as the SMC calling convention has them (Arm DEN0028): x4 to x17 may be lost.
#define PSCI_CALL(instruction)                                                                     \
    __asm__ volatile(instruction " #0"                                                             \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                      \
                     :                                                                             \
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",      \
                       "x15", "x16", "x17", "memory")

static int32_t psci(uint32_t function, uint64_t first, uint64_t second, uint64_t third)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = first;
    register uint64_t x2 __asm__("x2") = second;
    register uint64_t x3 __asm__("x3") = third;
    if (conduit == CONDUIT_NONE) return -1;
    if (conduit == CONDUIT_HVC)
        PSCI_CALL("hvc");
    else
        PSCI_CALL("smc");
    return (int32_t)x0;
}

bool power_start_cpu(uint64_t hardware_id, uint64_t entry, uint64_t context)
{
    return psci(PSCI_CPU_ON, hardware_id, entry, context) == 0;
}

static void semihosting_exit(uint32_t exit_code)
{
    uint64_t block[2] = {SEMIHOSTING_APPLICATION_EXIT, exit_code};
    register uint64_t x0 __asm__("x0") = SEMIHOSTING_EXIT_EXTENDED;
    register uint64_t *x1 __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

enum status arch_power(uint32_t action, uint32_t exit_code)
{
    if (action == POWER_OFF && is_semihosting) semihosting_exit(exit_code);
    psci(action == POWER_REBOOT ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_OFF, 0, 0, 0);
    return ERR_NOT_SUPPORTED;
}
