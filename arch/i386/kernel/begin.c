// SPDX-License-Identifier: MIT
// What the start of i386 has for itself: FS for arch_cpu(), and how much RAM the kernel's half of
// the addresses has room for.
#include "arch/x86/boot.h"
#include "arch/x86/start.h"
#include <arch/arch.h>
#include "kernel/log.h"

constexpr uint64_t RAM_LIMIT = DEVICE_BASE - KERNEL_BASE;
const uint64_t boot_reach = RAM_LIMIT;

static struct cpu no_cpu; // what arch_cpu() reads before arch_cpu_init: nullptr
static uint64_t early_gdt[6];

// RAM that has no place in the kernel's half is left out.
static void ram_limit(struct bootinfo *info)
{
    uint64_t lost = 0;
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory *entry = &info->memory[i];
        if (entry->kind == BOOT_MEMORY_RESERVED || entry->base + entry->size <= RAM_LIMIT) continue;
        uint64_t kept = entry->base < RAM_LIMIT ? RAM_LIMIT - entry->base : 0;
        lost += entry->size - kept;
        entry->size = kept;
        if (kept == 0) entry->kind = BOOT_MEMORY_RESERVED;
    }
    if (lost > 0)
        log_print("memory: %lu MiB are beyond what 32 bits can address here, and left out\n",
                  (unsigned long)(lost >> 20));
}

// FS for arch_cpu(), by a table of segments that is the boot's with one more.
void start_begin(void)
{
    struct [[gnu::packed]] {
        uint16_t limit;
        uint32_t base;
    } gdt = {sizeof early_gdt - 1, (uintptr_t)early_gdt};
    uintptr_t at = (uintptr_t)&no_cpu;

    early_gdt[1] = 0x00cf'9b00'0000'ffff;
    early_gdt[2] = 0x00cf'9300'0000'ffff;
    early_gdt[5] =
        0x0040'9300'0000'ffff | (uint64_t)(at & 0xff'ffff) << 16 | (uint64_t)(at >> 24) << 56;
    __asm__ volatile("lgdt %0; mov %1, %%fs" : : "m"(gdt), "r"(0x28) : "memory");
}

void start_prepare(struct bootinfo *info)
{
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
    ram_limit(info);
}
