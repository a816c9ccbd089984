// SPDX-License-Identifier: MIT
// The way out of Limine's environment on riscv64: what the kernel lies in, as it is, in a large
// page of the loader's top table, whose lower half is empty. Which hart this is, the loader does
// not say: it is the one that runs (SBI Specification 2.0, 9.3).
#include "arch/riscv/kernel/port.h"
#include "arch/riscv64/kernel/map.h"
#include "arch/riscv64/kernel/sbi.h"
#include "boot/limine/limine.h"
#include "kernel/device/dtb.h"
#include "kernel/device/riscv/driver.h"
#include "kernel/log.h"

const uint64_t limine_reach = UINT64_MAX;
enum : uintptr_t { SBI_HART_STATUS = 2, STARTED = 0 };
enum : uint64_t { DTB_MAX = 2u << 20, MODE_SHIFT = 60, MODE_SV39 = 8, ROOT = (1ull << 44) - 1 };

static bool runs(uint64_t hart)
{
    struct sbi_result result = sbi_call(SBI_HART, SBI_HART_STATUS, hart, 0, 0);
    return result.error == 0 && result.value == STARTED;
}

void limine_console(const void *)
{
    console_firmware();
}

[[noreturn]] static void refuse(const char *what)
{
    console_firmware();
    boot_refuse("%s", what);
}

static uint64_t boot_hart(const struct limine_way *way)
{
    struct dtb dtb;
    struct dtb_property reg;
    uint64_t hart = 0, count = 0;
    if (way->dtb == 0 || !dtb_open(&dtb, (const void *)(way->offset + way->dtb), DTB_MAX))
        refuse("there is no device tree that can be read");
    bool can_ask = sbi_has(SBI_HART);
    uint32_t cpus = dtb_find(&dtb, "/cpus");
    uint32_t node = cpus == DTB_NONE ? DTB_NONE : dtb_child(&dtb, cpus);
    for (; node != DTB_NONE && (count == 0 || can_ask); node = dtb_sibling(&dtb, node)) {
        if (!dtb_string_is(&dtb, node, "device_type", "cpu")) continue;
        if (!dtb_property(&dtb, node, "reg", &reg) || !dtb_cells(&reg, 0, reg.size / 4, &hart))
            continue;
        count++;
        if (can_ask && runs(hart)) return hart;
    }
    if (count != 1) refuse("it cannot be told which hart this is");
    return hart;
}

uint64_t limine_way_make(const struct limine_way *way)
{
    uint64_t satp;
    __asm__("csrr %0, satp" : "=r"(satp));
    uint32_t top = (uint32_t)((satp >> MODE_SHIFT) - MODE_SV39) + 2;
    uint64_t *root = (uint64_t *)(way->offset + ((satp & ROOT) << 12));
    root[entry_index(way->kernel, top)] =
        entry_of_page(way->kernel & ~(entry_span(top) - 1), top,
                      entry_access(SPACE_READ | SPACE_WRITE | SPACE_EXECUTE));
    __asm__ volatile("sfence.vma" : : : "memory");
    return boot_hart(way);
}
