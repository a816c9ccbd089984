// SPDX-License-Identifier: MIT
// Takes the address of everything that arch.h asks of a port, so that an incomplete one does not
// compile (the inline half, the constants) or does not link.
#include "kernel/trap.h"
#include <arch/arch.h>

static_assert(ARCH_USER_BASE > 0 && ARCH_USER_END > ARCH_USER_BASE);
static_assert(ARCH_PAGE_SIZE >= 4096);
static_assert(sizeof ARCH_NAME > 1 && ARCH_MACHO_CPU != 0);
static_assert(sizeof((struct frame *)nullptr)->reg == 12 * sizeof(uint64_t));
static_assert(sizeof(struct arch_space) > 0);

typedef void (*operation)(void);

[[gnu::used, gnu::retain]] static const operation operations[] = {
    (operation)arch_cpu_init,
    (operation)arch_cpus_find,
    (operation)arch_cpu_start,
    (operation)arch_devices_init,
    (operation)arch_console_early,
    (operation)arch_cpu,
    (operation)arch_relax,
    (operation)arch_doze,
    (operation)arch_leave,
    (operation)arch_halt,
    (operation)arch_interrupt_pending,
    (operation)arch_power,
    (operation)arch_entropy,
    (operation)arch_frame_init,
    (operation)arch_frame_restart,
    (operation)arch_frame_place,
    (operation)arch_frame_sanitise,
    (operation)arch_frame_set_thread_pointer,
    (operation)arch_frame_print,
    (operation)arch_float_size,
    (operation)arch_float_init,
    (operation)arch_float_save,
    (operation)arch_float_restore,
    (operation)arch_float_enable,
    (operation)arch_space_init,
    (operation)arch_space_fini,
    (operation)arch_space_map,
    (operation)arch_space_unmap,
    (operation)arch_space_protect,
    (operation)arch_space_query,
    (operation)arch_space_switch,
    (operation)arch_space_is_ready,
    (operation)arch_space_use,
    (operation)arch_space_version,
    (operation)arch_map_device,
    (operation)arch_physical_to_virtual,
    (operation)arch_virtual_to_physical,
    (operation)arch_user_read,
    (operation)arch_user_write,
    (operation)arch_counter,
    (operation)arch_counter_frequency,
    (operation)arch_timer_set,
};
