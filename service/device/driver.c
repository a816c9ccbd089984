// SPDX-License-Identifier: MIT
// Running a driver for a device: exactly the device's handles, a session to say that it is ready,
// and no names.
#include "driver.h"

#include <9p/client.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status image_open(struct driver *driver)
{
    if (driver->image != FE_NO_HANDLE) return OK;
    char path[80];
    snprintf(path, sizeof(path), "/driver/%s", driver->program);
    int error = p9_image(path, &driver->image);
    if (error == 0) return OK;
    fe_log("%s: error %d", path, -error);
    return ERR_NOT_FOUND;
}

// Whether the driver's image is entitled to a handle: a resource (DMA memory) that it does not ask
// for stays here.
static bool is_wanted(const struct driver *driver, fe_handle handle)
{
    struct fe_image_info image;
    struct fe_handle_info info;
    uint32_t kind;
    uint64_t base, size;
    if (handle == FE_NO_HANDLE || fe_handle_inspect(handle, &info) != OK) return true;
    if (info.type != OBJECT_RESOURCE) return true;
    if (fe_image_inspect(driver->image, &image) != OK) return true;
    if (fe_resource_inspect(handle, &kind, &base, &size) != OK) return true;
    return (image.resource_kinds >> kind & 1) != 0;
}

// The device's own handles, then the session and what every service gets. The caller frees the
// list.
static struct fe_spawn_handle *handles_make(struct device *device, fe_handle session, size_t *count)
{
    struct fe_spawn_handle *handles = calloc(device->resource_count + 5, sizeof(*handles));
    if (handles == nullptr) return nullptr;
    *count = 0;
    if (device->channel != FE_NO_HANDLE)
        handles[(*count)++] =
            (struct fe_spawn_handle){.name = "channel", .handle = device->channel, .keep = true};
    for (size_t i = 0; i < device->resource_count; i++) {
        const struct resource *resource = &device->resources[i];
        if (!is_wanted(device->driver, resource->handle)) continue;
        bool is_dma = strcmp(resource->name, "dma") == 0;
        if (is_dma && device_open_dma(device) != OK) continue; // the driver will say what it lacks
        handles[(*count)++] = (struct fe_spawn_handle){
            .name = resource->name,
            .handle = is_dma ? device->dma : resource->handle,
            .value = resource->value,
            .keep = resource->handle != FE_NO_HANDLE,
        };
    }
    handles[(*count)++] = (struct fe_spawn_handle){.name = "init", .handle = session};
    fe_handle debug = fe_start_handle("resource/debug");
    if (debug != FE_NO_HANDLE && is_wanted(device->driver, debug))
        handles[(*count)++] =
            (struct fe_spawn_handle){.name = "resource/debug", .handle = debug, .keep = true};
    fe_handle watchdog = fe_start_handle("watchdog");
    if (watchdog != FE_NO_HANDLE && device->driver->watchdog != 0)
        handles[(*count)++] =
            (struct fe_spawn_handle){.name = "watchdog", .handle = watchdog, .keep = true};
    return handles;
}

// The process service learns of the driver, so that it has a pid; without the service it runs all
// the same.
static void introduce(fe_handle process, const char *name, struct fe_spawn *options,
                      struct fe_spawn_handle *handles)
{
    static struct p9_file *own;
    fe_handle session;
    struct p9_registration what = {.command = name};
    if (own == nullptr) own = p9_root_of_handle(fe_start_handle("process"));
    if (own == nullptr || p9_process_register(own, process, &what, &session) != 0) return;
    handles[options->handle_count++] =
        (struct fe_spawn_handle){.name = "process", .handle = session};
}

// Init ends the driver if the manager dies, and keeps the source of its DMA memory from being
// used again until another manager has reset the device.
static void tell_init(const struct device *device, fe_handle process)
{
    fe_handle handles[2];
    uint32_t rights = RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_PROCESS_KILL;
    if (fe_handle_duplicate(process, rights, &handles[0]) != OK) return;
    size_t count = 1;
    if (device->dma != FE_NO_HANDLE && fe_handle_copy(device->dma, &handles[1]) == OK) count = 2;
    struct p9_control request = {
        .request = CONTROL_INIT_CHILD, .send = handles, .send_count = count};
    int error = p9_control(init, &request);
    if (error != 0) fe_log("%s: init does not know of it, error %d", device->location, -error);
}

// Init also ends the driver when it hangs.
static void tell_watchdog(struct device *device, struct fe_child *child)
{
    fe_handle handles[2] = {FE_NO_HANDLE, child->stack};
    fe_handle_drop(&device->stack);
    device->watch = child->watch;
    if (fe_handle_copy(child->stack, &device->stack) != OK)
        fe_log("%s: no fault can be injected", device->location);
    uint32_t rights = RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_PROCESS_KILL;
    if (fe_handle_duplicate(child->process, rights, &handles[0]) != OK) {
        fe_handle_drop(&child->stack);
        return;
    }
    uint64_t numbers[2] = {child->watch, device->driver->watchdog};
    struct p9_control request = {.request = CONTROL_INIT_WATCH,
                                 .data = numbers,
                                 .size = sizeof numbers,
                                 .send = handles,
                                 .send_count = 2};
    int error = p9_control(init, &request);
    if (error != 0) fe_log("%s: is not watched, error %d", device->location, -error);
}

static enum status spawn(struct device *device, fe_handle session, struct fe_child *child)
{
    static fe_handle no_names;
    const struct driver *driver = device->driver;
    char name[64];
    snprintf(name, sizeof(name), "%s%u", driver->name, device->index);
    const char *const arguments[] = {driver->program, name, nullptr};
    size_t count = 0;
    struct fe_spawn_handle *handles = handles_make(device, session, &count);
    enum status status = handles == nullptr ? ERR_NO_MEMORY : OK;
    if (status == OK && no_names == FE_NO_HANDLE) status = fe_namespace_create(&no_names);
    if (status != OK) {
        free(handles);
        fe_handle_drop(&session);
        return status;
    }
    struct fe_spawn options = {
        .image = driver->image,
        .name_space = no_names,
        .name = driver->program,
        .arguments = arguments,
        .handles = handles,
        .handle_count = count,
        .priority = driver->priority,
        .memory_limit = driver->memory_limit,
        .is_watched = driver->watchdog != 0 && fe_start_handle("watchdog") != FE_NO_HANDLE,
    };
    status = fe_spawn_create(&options, child);
    if (status == OK) {
        tell_init(device, child->process);
        introduce(child->process, driver->program, &options, handles);
        status = fe_spawn_start(&options, child);
        if (status != OK) fe_handle_drop(&child->process);
        if (child->stack != FE_NO_HANDLE) tell_watchdog(device, child);
    } else {
        fe_handle_drop(&session);
    }
    free(handles);
    return status;
}

enum status driver_start(struct p9_server *server, struct device *device, uint64_t exit_bits)
{
    fe_handle session;
    TRY(image_open(device->driver));
    if (device->channel == FE_NO_HANDLE) TRY(fe_channel_create(&device->channel));
    TRY(p9_session_create(server, server->root, nullptr, device, &session));
    device->session = p9_session_badge(server);
    struct fe_child child = {};
    TRY(spawn(device, session, &child));
    fe_handle_drop(&child.thread);
    device->process = child.process;
    device->started = fe_clock_monotonic();
    return fe_process_watch(child.process, server->event, exit_bits);
}
