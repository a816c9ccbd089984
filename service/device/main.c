// SPDX-License-Identifier: MIT
// The device manager: finds the machine's devices by device tree, PCI and the PC's fixed devices,
// starts a driver for each that a match file names, mounts what the driver serves as
// /dev/<name><n>, and starts it anew when it ends (supervise.c). Its own tree has `devices`: a line
// for each device, with its bus, place, identifiers, driver and state; `changes`, to hear of them;
// and `drivers`, as /dev/services is of init's units.
#include "acpi.h"
#include "driver.h"

#include <9p/client.h>
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <poll.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct p9_server server;
struct p9_file *init;
static struct p9_node *changes_node;
enum : uint32_t { GROUP_WHEEL = 10 };
static uint32_t generation = 1; // of what `devices` shows

void devices_changed(void)
{
    generation++;
    p9_node_changed(changes_node);
}

static void mount(struct device *device, fe_handle connector)
{
    char path[48];
    snprintf(path, sizeof(path), "/dev/%s%u", device->driver->name, device->index);
    struct p9_control request = {
        .request = CONTROL_INIT_MOUNT,
        .data = path,
        .size = strlen(path),
        .send = &connector,
        .send_count = 1,
    };
    int error = p9_control(init, &request);
    if (error != 0) fe_log("%s: cannot mount, error %d", path, -error);
    device->is_named |= error == 0;
}

// A driver says that it serves.
static int driver_ready(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct device *device = p9_request_owner(request);
    if (device == nullptr) return -EPERM;
    if (device->is_leaving) return -ENODEV;
    if (control != CONTROL_INIT_READY) return -ENOTTY;
    fe_handle connector = p9_take_handle(request, 0);
    if (connector == FE_NO_HANDLE) return -EINVAL;
    bool is_kept = (request->word[2] & CONTROL_INIT_KEPT) != 0;
    if (is_kept && device->is_mounted)
        fe_handle_drop(&connector); // that of an earlier driver leads to this one
    else
        mount(device, connector);
    device->is_mounted = is_kept;
    device_settle(device);
    device->is_ready = true;
    devices_changed();
    return 0;
}

static void signalled(struct p9_server *unused, uint64_t bits)
{
    if ((bits & BIT_ENDED) != 0) drivers_ended();
    slots_work();
    drivers_start();
}

static int devices_text(struct p9_request *request, void *context, struct p9_text *text)
{
    for (const struct device *device = device_list; device != nullptr; device = device->next) {
        p9_print(text, "%s %s", device->bus, device->location);
        for (const char *id = device->id; *id != '\0'; id += strlen(id) + 1)
            p9_print(text, " %s", id);
        if (device->driver == nullptr) {
            char slot[64] = "-";
            if (device->port != nullptr) slot_text(device->port, slot, sizeof(slot));
            p9_print(text, " %s\n", slot);
            continue;
        }
        p9_print(text, " %s %s%u %s\n", device->driver->program, device->driver->name,
                 device->index, driver_state(device));
    }
    return 0;
}

// A reader of `changes` gets the generation at once, and after that once for each change.
static int64_t changes_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            void *to, size_t count)
{
    if ((uintptr_t)open->state == generation) return P9_LATER;
    open->state = (void *)(uintptr_t)generation;
    char text[16];
    size_t size = (size_t)snprintf(text, sizeof(text), "%u\n", generation);
    if (size > count) size = count;
    memcpy(to, text, size);
    return (int64_t)size;
}

static uint32_t changes_ready(struct p9_open *open)
{
    return (uintptr_t)open->state == generation ? 0 : POLLIN;
}

// Everything that the machine has, each device with its driver.
static void enumerate(const struct roots *roots)
{
    const struct fe_start_handle *dtb = fe_start_find("dtb"), *acpi = fe_start_find("acpi");
    enum status status = OK;
    void *at = nullptr;
    size_t size, committed;
    if (dtb != nullptr && dtb->handle != FE_NO_HANDLE) {
        status = fe_memory_size(dtb->handle, &size, &committed);
        if (status == OK) status = fe_memory_map(dtb->handle, 0, size, MAP_READ, &at);
        if (status == OK) status = dtb_enumerate(roots, at, size);
        if (status != OK) fe_log("device tree: %s", fe_status_text(status));
    }
    // A device tree tells all that ACPI's tables do, and the two would tell of devices twice.
    bool is_by_acpi = acpi != nullptr && dtb == nullptr;
    if (is_by_acpi) firmware_open(roots, acpi->value);
    if (is_by_acpi) status = firmware_enumerate(roots);
    if (is_by_acpi && status != OK) fe_log("ACPI: %s", fe_status_text(status));
    status = pci_enumerate(roots);
    if (status != OK) fe_log("PCI: %s", fe_status_text(status));
    status = pc_enumerate(roots);
    if (status != OK) fe_log("PC: %s", fe_status_text(status));
    status = framebuffer_enumerate(roots);
    if (status != OK) fe_log("frame buffer: %s", fe_status_text(status));
    for (struct device *device = device_list; device != nullptr; device = device->next)
        driver_assign(device);
}

static int serve(void)
{
    static const struct p9_operations root_operations = {.control = driver_ready};
    static const struct p9_tree_entry files[] = {
        {.path = "", .mode = 0555, .operations = &root_operations},
        {.path = "devices", .mode = 0444, .text = devices_text},
        {.path = "drivers",
         .mode = 0664,
         .text = drivers_text,
         .command = drivers_command,
         .gid = GROUP_WHEEL},
    };
    static const struct p9_operations changes_operations = {
        .read = changes_read,
        .ready = changes_ready,
    };
    static const struct p9_tree_entry changes = {
        .path = "changes", .mode = S_IFCHR | 0444, .operations = &changes_operations};
    server.name = "device";
    server.signalled = signalled;
    int error = p9_tree_create(files, sizeof(files) / sizeof(files[0]), &server.root);
    if (error == 0) error = p9_tree_add(server.root, &changes, &changes_node);
    if (error != 0) return error;
    return -fe_status_errno(p9_server_init(&server));
}

int main(void)
{
    const struct roots roots = {
        .memory = fe_start_handle("resource/memory"),
        .interrupt = fe_start_handle("resource/interrupt"),
        .message = fe_start_handle("resource/msi"),
        .port = fe_start_handle("resource/port"),
        .dma = fe_start_handle("resource/dma"),
    };
    struct p9_session *session = p9_session_adopt(fe_start_handle("init"));
    if (session != nullptr) init = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_PATH);
    if (init == nullptr) return 1;
    int error = serve();
    if (error == 0) error = driver_load_all("/etc/driver");
    if (error != 0) {
        fe_log("cannot start, error %d", -error);
        return 1;
    }
    enumerate(&roots);
    drivers_start();
    if (p9_server_ready(&server, "", nullptr) != OK) return 1;
    p9_serve(&server);
}
