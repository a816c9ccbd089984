// SPDX-License-Identifier: MIT
// The calls on the machine as a whole: debug console, log, figures, power.
#include "kernel/log.h"
#include "kernel/machine.h"
#include "kernel/memory/page.h"
#include "kernel/memory/user.h"
#include "kernel/object/event.h"
#include "kernel/object/process.h"
#include "kernel/object/resource.h"
#include "kernel/object/thread.h"
#include "kernel/object/trust.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/time/timer.h"
#include <kernel/syscalls.h>

enum : uint32_t { TEXT_MAX = 1024 }; // bytes
static const char *machine_name = ARCH_NAME;

void machine_set_name(const char *name)
{
    machine_name = name;
}

// What the console takes at once is shown in steps; if one of them is interrupted, the rest is
// later.
enum status sys_debug_write(struct resource *resource, struct user_buffer text)
{
    char bytes[TEXT_MAX];
    TRY(resource_check(resource, RESOURCE_DEBUG, 0, 1));
    if (text.size > sizeof bytes) return ERR_TOO_LARGE;
    TRY(user_read(bytes, text.address, text.size));
    log_write_by(process_current()->object.id, bytes, text.size);
    log_tell();
    while (log_show() && !lock_should_pass()) {
    }
    return OK;
}

// Who writes on the line of the debug console by a driver, and who watches the log; nullptr:
// nobody.
static const struct process *claimant, *log_process;

enum status sys_debug_claim(struct resource *resource, uint32_t claim)
{
    const struct process *process = process_current();
    TRY(resource_check(resource, RESOURCE_DEBUG, 0, 1));
    if (claim > 1) return ERR_BAD_ARGUMENT;
    if (claimant != nullptr && claimant != process) return ERR_BUSY;
    while (log_show()) {
        if (lock_should_pass()) return CALL_RESTART;
    }
    claimant = claim != 0 ? process : nullptr;
    log_set_quiet(claimant != nullptr);
    return OK;
}

void machine_forget(const struct process *process)
{
    if (log_process == process) {
        log_watch(nullptr, 0);
        log_process = nullptr;
    }
    if (claimant != process) return;
    claimant = nullptr;
    log_set_quiet(false);
}

enum status sys_log_watch(struct resource *resource, fe_handle handle, uint64_t bits)
{
    struct event *event;
    TRY(resource_check(resource, RESOURCE_DEBUG, 0, 1));
    TRY(event_find(handle, &event));
    log_watch(bits == 0 ? nullptr : event, bits);
    log_process = bits == 0 ? nullptr : process_current();
    return OK;
}

enum status sys_log_read(struct resource *resource, uint64_t position, struct user_buffer data,
                         struct fe_log_piece *piece)
{
    char bytes[TEXT_MAX];
    struct log_stamp stamp;
    TRY(resource_check(resource, RESOURCE_DEBUG, 0, 1));
    size_t wanted = data.size < sizeof bytes ? data.size : sizeof bytes;
    size_t size = log_piece(&position, bytes, wanted, &stamp);
    *piece = (struct fe_log_piece){
        .next = position, .time = stamp.time, .process = stamp.process, .size = size};
    return user_write(data.address, bytes, size);
}

static void copy_name(char *to, size_t size, const char *from)
{
    for (size_t i = 0; i + 1 < size && from[i] != '\0'; i++) to[i] = from[i];
}

enum status sys_system_inspect(struct resource *resource, struct fe_system_info *info)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    uint64_t total = page_total_count(), unused = page_free_count();
    uint64_t held = (total - unused) << PAGE_SHIFT, charged = quota_charged();
    *info = (struct fe_system_info){
        .memory_total = total << PAGE_SHIFT,
        .memory_free = unused << PAGE_SHIFT,
        .memory_kernel = held > charged ? held - charged : 0,
        .uptime = clock_now(),
        .cpu_count = cpu_count(),
        .process_count = process_count(),
        .thread_count = thread_total(),
        .page_size = PAGE_SIZE,
    };
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        schedule_account(cpu);
        info->idle_time += clock_ticks_to_ns(cpu->idle_ticks);
        info->context_switches += cpu->switches + cpu->handovers;
        info->interrupts += cpu->interrupts;
        info->calls += cpu->calls + cpu->handovers;
        info->page_faults += cpu->faults;
    }
    copy_name(info->machine, sizeof info->machine, machine_name);
    copy_name(info->arch, sizeof info->arch, ARCH_NAME);
    copy_name(info->version, sizeof info->version, trust_version);
    return OK;
}

static struct cpu *find_cpu(uint32_t index)
{
    struct cpu *cpu = cpu_list;
    while (cpu != nullptr && cpu->index != index) cpu = cpu->next;
    return cpu;
}

enum status sys_cpu_inspect(struct resource *resource, uint32_t index, struct fe_cpu_info *info)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    struct cpu *cpu = find_cpu(index);
    if (cpu == nullptr) return ERR_NOT_FOUND;
    schedule_account(cpu);
    const struct thread *thread = cpu->current;
    *info = (struct fe_cpu_info){
        .hardware_id = cpu->hardware_id,
        .idle_time = clock_ticks_to_ns(cpu->idle_ticks),
        .context_switches = cpu->switches + cpu->handovers,
        .interrupts = cpu->interrupts,
        .calls = cpu->calls + cpu->handovers,
        .page_faults = cpu->faults,
        .lock_waits = cpu->lock_waits,
        .lock_time = clock_ticks_to_ns(cpu->lock_ticks),
        .thread = thread == nullptr ? 0 : thread->object.id,
        .ready = cpu->queue.count,
        .priority = thread == nullptr ? 0 : urgency_priority(thread->urgency),
    };
    copy_name(info->model, sizeof info->model, cpu->model);
    return OK;
}

enum status sys_cpu_feature(struct resource *resource, uint32_t index, uint32_t feature,
                            struct fe_cpu_feature *info)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    const struct cpu *cpu = find_cpu(index);
    uint32_t count = 0;
    while (arch_feature[count] != nullptr && count < feature) count++;
    if (cpu == nullptr || arch_feature[count] == nullptr) return ERR_NOT_FOUND;
    uint64_t bit = 1ull << count;
    ASSERT(count < 64 && !(cpu->features_used & ~cpu->features));
    *info = (struct fe_cpu_feature){.state = cpu->features_used & bit ? FEATURE_USED
                                             : cpu->features & bit    ? FEATURE_UNUSED
                                                                      : FEATURE_ABSENT};
    copy_name(info->name, sizeof info->name, arch_feature[count]);
    return OK;
}

enum status sys_system_power(struct resource *resource, uint32_t action)
{
    TRY(resource_check(resource, RESOURCE_POWER, 0, 1));
    if (action != POWER_OFF && action != POWER_REBOOT) return ERR_BAD_ARGUMENT;
    log_set_patient(false);
    return arch_power(action, 0);
}
