// SPDX-License-Identifier: MIT
// Drivers that end are started again when ferrite/restart.h says. The file `drivers` tells how each
// is, and starts again one that was given up.
#include "driver.h"

#include <9p/client.h>
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/restart.h>
#include <ferrite/status.h>
#include <ferrite/watchdog.h>
#include <stdio.h>
#include <string.h>

enum : int32_t { CODE_ORDERED = -15 }; // SIGTERM

// device->error says why.
static void fail(struct device *device)
{
    device->failures++;
    uint64_t pause = fe_restart_pause(device->failures);
    const char *program = device->driver->program;
    device->due = pause == FE_FOREVER ? FE_FOREVER : fe_clock_after(pause);
    fe_log("%s%s for %s: %s, %s", pause == FE_FOREVER ? "<0>" : "", program, device->location,
           device->error, pause == FE_FOREVER ? "given up" : "started again");
    if (pause != FE_FOREVER) return;
    fe_handle_drop(&device->channel); // who waits for the driver is told
    device->is_mounted = false;
}

static void start(struct device *device)
{
    enum status status = driver_start(&server, device, BIT_ENDED);
    device->restarts += device->was_started;
    device->was_started = true;
    if (status == OK) return;
    fe_handle_drop(&device->process);
    snprintf(device->error, sizeof(device->error), "%s", fe_status_text(status));
    fail(device);
}

// Starts every driver whose pause is over, and arms the timer for the next one, or a slot.
void drivers_start(void)
{
    uint64_t next = slots_due();
    for (struct device *device = device_list; device != nullptr; device = device->next) {
        if (device->driver == nullptr || device->process != FE_NO_HANDLE) continue;
        if (device->due <= fe_clock_monotonic()) start(device);
        if (device->process == FE_NO_HANDLE && device->due < next) next = device->due;
    }
    if (next != FE_FOREVER) (void)fe_event_arm(server.event, BIT_DUE, next, 0);
}

static void ended(struct device *device, int32_t code)
{
    fe_exit_text(code, device->error, sizeof(device->error));
    fe_handle_drop(&device->process);
    fe_handle_drop(&device->stack);
    device_retire(device);
    device->is_ready = false;
    devices_changed();
    if (device->is_leaving) return;
    if (fe_clock_monotonic() - device->started >= FE_RESTART_STABLE) device->failures = 0;
    if (!fe_was_killed(code)) return fail(device);
    device->due = device->started + FE_RESTART_INTERVAL;
    fe_log("%s for %s: %s, started again", device->driver->program, device->location,
           device->error);
}

void drivers_ended(void)
{
    for (struct device *device = device_list; device != nullptr; device = device->next) {
        struct fe_process_info info;
        if (device->process == FE_NO_HANDLE) continue;
        if (fe_process_inspect(device->process, &info) != OK) continue;
        if (info.state == PROCESS_DEAD) ended(device, info.exit_code);
    }
}

// The name goes first: who uses it is to find that it is not there, and not to wait for another.
void driver_dismiss(struct device *device)
{
    char path[48];
    device->is_leaving = true;
    device->is_ready = false;
    device->due = FE_FOREVER;
    if (device->is_named) {
        snprintf(path, sizeof(path), "/dev/%s%u", device->driver->name, device->index);
        struct p9_control request = {
            .request = CONTROL_INIT_UNMOUNT, .data = path, .size = strlen(path)};
        int error = p9_control(init, &request);
        fe_log("<2>%s of %s is gone", path, device->location);
        if (error != 0) fe_log("%s: still mounted, error %d", path, -error);
    }
    device->is_mounted = device->is_named = false;
    fe_handle_drop(&device->channel); // who waits for the driver is told when it has ended
    if (device->process == FE_NO_HANDLE) return;
    if (fe_process_kill(device->process, CODE_ORDERED) != OK)
        fe_log("%s for %s: cannot be ended", device->driver->program, device->location);
}

const char *driver_state(const struct device *device)
{
    if (device->is_leaving) return "leaving";
    if (device->is_ready) return "ready";
    if (device->process != FE_NO_HANDLE) return "starting";
    return device->due == FE_FOREVER ? "failed" : "paused";
}

int drivers_text(struct p9_request *request, void *context, struct p9_text *text)
{
    for (const struct device *device = device_list; device != nullptr; device = device->next) {
        struct fe_process_info info = {};
        if (device->driver == nullptr) continue;
        if (device->process != FE_NO_HANDLE && fe_process_inspect(device->process, &info) != OK)
            info = (struct fe_process_info){};
        p9_print(text, "%s%u %s failures %u restarts %u memory %llu time %llu ",
                 device->driver->name, device->index, driver_state(device), device->failures,
                 device->restarts, (unsigned long long)info.memory_used,
                 (unsigned long long)info.cpu_time);
        p9_print(text, "handles %u threads %u error %s\n", info.handles_used, info.threads_used,
                 device->error[0] ? device->error : "-");
    }
    return 0;
}

static struct device *device_named(const char *name)
{
    struct device *device = device_list;
    for (; device != nullptr; device = device->next) {
        char own[48];
        if (device->driver == nullptr) continue;
        snprintf(own, sizeof(own), "%s%u", device->driver->name, device->index);
        if (strcmp(own, name) == 0) break;
    }
    return device;
}

static int inject(struct device *device, enum watch_fault fault)
{
    if (device->process == FE_NO_HANDLE) return -ESRCH;
    if (device->stack == FE_NO_HANDLE) return -EOPNOTSUPP;
    return fe_watchdog_inject(device->stack, device->watch, fault) == OK ? 0 : -EIO;
}

// `start NAME` or `restart NAME`, or a fault that NAME is to make.
int drivers_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    char line[64], word[8], name[48];
    if (size >= sizeof(line)) return -EINVAL;
    memcpy(line, text, size);
    line[size] = '\0';
    if (sscanf(line, "%7s %47s", word, name) != 2) return -EINVAL;
    bool is_restart = strcmp(word, "restart") == 0;
    enum watch_fault fault = fe_watchdog_fault_named(word, strlen(word));
    if (!is_restart && fault == WATCH_NO_FAULT && strcmp(word, "start") != 0) return -EINVAL;
    struct device *device = device_named(name);
    if (device == nullptr || device->is_leaving) return -ENOENT;
    if (fault != WATCH_NO_FAULT) return inject(device, fault);
    device->failures = 0;
    if (device->process == FE_NO_HANDLE) device->due = 0;
    drivers_start();
    if (!is_restart || device->process == FE_NO_HANDLE) return 0;
    return fe_process_kill(device->process, CODE_ORDERED) == OK ? 0 : -EIO;
}
