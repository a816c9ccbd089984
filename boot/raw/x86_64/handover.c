// SPDX-License-Identifier: MIT
// What a translator left that ran in the environment of a loader: see boot/boot.h.
#include "arch/x86/boot.h"
#include "arch/x86/register.h"
#include "boot/boot.h"
#include "kernel/log.h"
#include <arch/arch.h>

static struct bootinfo info;
static struct boot_memory block;

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    const struct boot_memory *given = arch_physical_to_virtual((uintptr_t)info.memory);
    boot_tell(&info, listener);
    listener->range(listener, block);
    for (uint32_t i = 0; i < info.memory_count; i++) listener->range(listener, given[i]);
}

[[noreturn]] void handover_start(uint64_t at);
void handover_start(uint64_t at)
{
    static const struct bootmap_source source = {tell};
    const struct handover *handover = arch_physical_to_virtual(at);
    info = handover->info;
    info.protocol = handover->protocol;
    boot_begin(&info);
    // Of what demand.S looks at on the other ways, long mode does not imply this.
    if (!(cpuid_if_present(0x8000'0001, 0).edx & CPUID_81_D_NX))
        boot_refuse("this processor lacks NX");
    if (!handover_is(handover)) panic("boot: no handover block at 0x%lx", (unsigned long)at);
    if (handover->fault[0] != '\0') boot_refuse("%s", handover->fault);
    (void)boot_at(at, handover_size(handover), "handover block");
    block = (struct boot_memory){at, handover_size(handover), BOOT_MEMORY_RECLAIMABLE, 0};
    boot_start(&info, &source);
}
