// SPDX-License-Identifier: MIT
// The kernel's start: memory first, then what needs memory, devices, time, and at last init. From
// then on it only reacts.
#include "kernel/main.h"
#include "kernel/init.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/channel.h"
#include "kernel/object/memory.h"
#include "kernel/object/mutex.h"
#include "kernel/object/namespace.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/slot.h"
#include "kernel/object/text.h"
#include "kernel/object/trust.h"
#include "kernel/random.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/float.h"
#include "kernel/schedule/later.h"
#include "kernel/schedule/schedule.h"
#include "kernel/string.h"
#include "kernel/time/clock.h"
#include "kernel/time/timer.h"
#include "kernel/trace.h"
#include "kernel/trap.h"

static struct cpu boot_cpu = {.self = &boot_cpu};

void kernel_start(const struct bootinfo *info)
{
    boot_cpu = (struct cpu){.self = &boot_cpu, .hardware_id = info->boot_cpu};
    cpu_init_first(&boot_cpu);
    arch_cpu_init(&boot_cpu);
    arch_console_early(info);
    log_print("Ferrite %s on %s, booted by %s\n", trust_version, ARCH_NAME, info->protocol);
    const char *line = info->command_line == 0 ? "" : arch_physical_to_virtual(info->command_line);
    if (*line != '\0') { // of any length
        log_print("command line: ");
        log_write(line, strlen(line));
        log_print("\n");
    }
    reap_init_all();
    page_init(info);
    object_init_types();
    quota_init();
    watch_init_all();
    process_init_all();
    slot_init_all();
    text_init_all();
    channel_init_all();
    namespace_init_all();
    memory_init();
    trace_init();
    float_init();
    budget_init_all();
    mutex_init_all();
    inherit_init();
    later_init_all();
    arch_devices_init(info);
    clock_start();
    schedule_init(&boot_cpu);
    random_init(info);
    clock_page_init();
}

void kernel_main(const struct bootinfo *info)
{
    kernel_start(info);
    cpu_start_all(info);
    if (trust_is_development) log_print("images are trusted by development keys\n");
    log_print("%lu of %lu MiB free\n", (unsigned long)(page_free_count() >> 8),
              (unsigned long)(page_total_count() >> 8));
    init_start(info);
    log_set_patient(true);
    arch_leave();
}
