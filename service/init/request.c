// SPDX-License-Identifier: MIT
// What services ask init for, on the session that each got at birth, and init's own files:
// /dev/power ends the machine, /dev/services tells how every unit is, /dev/units has a file for
// each.
#include "init.h"

#include <9p/tree.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/path.h>
#include <ferrite/start.h>
#include <ferrite/watchdog.h>

static uint32_t power_action;
static struct p9_node *unit_folder;

static int ready(struct p9_request *request, struct unit *unit)
{
    struct p9_name name = {(const char *)request->data, request->size};
    fe_handle connector = p9_take_handle(request, 0);
    if (p9_name_is(name, "session") && strcmp(unit->name, "process") == 0) {
        process_session_set(connector);
    } else {
        unit_provide(unit, name, connector, (request->word[2] & CONTROL_INIT_KEPT) != 0);
    }
    return 0;
}

static int mount(struct p9_request *request, struct unit *unit)
{
    char path[256];
    if ((unit->may & MAY_MOUNT) == 0) return -EPERM;
    if (request->size == 0 || request->size >= sizeof path || request->data[0] != '/')
        return -EINVAL;
    memcpy(path, request->data, request->size);
    path[request->size] = '\0';
    fe_handle connector = p9_take_handle(request, 0);
    if (connector == FE_NO_HANDLE) return -EINVAL;
    const struct placing placing = {path, fe_path_last(path), connector, MOUNT_REPLACE, 0};
    return mount_add(unit, &placing) == OK ? 0 : -ENOMEM;
}

static int unmount(struct p9_request *request, const struct unit *unit)
{
    char path[256];
    if (request->size == 0 || request->size >= sizeof path) return -EINVAL;
    memcpy(path, request->data, request->size);
    path[request->size] = '\0';
    return mount_remove(unit, path) == OK ? 0 : -ENOENT;
}

static int child(struct p9_request *request, struct unit *unit)
{
    fe_handle process = p9_take_handle(request, 0), kept = p9_take_handle(request, 1);
    if (process != FE_NO_HANDLE) return child_add(unit, process, kept);
    fe_handle_drop(&kept);
    return -EINVAL;
}

static int derive(struct p9_request *request)
{
    FE_HANDLE whole = p9_take_handle(request, 0);
    fe_handle part;
    uint32_t kind;
    uint64_t base, size;
    if (whole == FE_NO_HANDLE || fe_resource_inspect(whole, &kind, &base, &size) != OK)
        return -EINVAL;
    enum status status = fe_resource_derive(whole, kind, base, size, &part);
    return status == OK ? p9_answer_handle(request, part) : -ENOMEM;
}

static int power(uint32_t action)
{
    if (action > POWER_REBOOT) return -EINVAL;
    power_action = action;
    return fe_event_signal(server.event, BIT_POWER) == OK ? 0 : -EIO;
}

void power_now(void)
{
    say("%s", power_action == POWER_OFF ? "power off" : "restart");
    units_stop();
    enum status status = fe_system_power(fe_start_handle("resource/power"), power_action);
    say("the machine does not obey (%d)", status);
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct unit *unit = p9_request_owner(request);
    uint32_t action;
    if (unit == nullptr) return -EPERM;
    switch (control) {
    case CONTROL_INIT_READY: return ready(request, unit);
    case CONTROL_INIT_MOUNT: return mount(request, unit);
    case CONTROL_INIT_UNMOUNT: return unmount(request, unit);
    case CONTROL_INIT_CHILD: return child(request, unit);
    case CONTROL_INIT_WATCH: return watchdog_request(request);
    case CONTROL_INIT_DERIVE: return derive(request);
    case CONTROL_INIT_NAMESPACE:
        return (unit->may & MAY_NAMESPACE) != 0 ? user_namespace(request) : -EPERM;
    case CONTROL_INIT_POWER:
        if ((unit->may & MAY_POWER) == 0) return -EPERM;
        if (request->size != sizeof action) return -EINVAL;
        memcpy(&action, request->data, sizeof action);
        return power(action);
    default: return -ENOTTY;
    }
}

const struct p9_operations control_operations = {.control = control};

static int power_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    struct p9_name word = {text, size};
    if (p9_name_is(word, "off")) return power(POWER_OFF);
    if (p9_name_is(word, "reboot")) return power(POWER_REBOOT);
    return -EINVAL;
}

static int services_text(struct p9_request *request, void *context, struct p9_text *text)
{
    for (struct unit *unit = units; unit; unit = unit->next) {
        struct fe_process_info info = {};
        if (unit->process != FE_NO_HANDLE && fe_process_inspect(unit->process, &info) != OK)
            info = (struct fe_process_info){};
        p9_print(text, "%s %s failures %u exit %d ready %llu ", unit->name,
                 unit_state_name(unit->state), unit->failures, unit->exit_code,
                 (unsigned long long)unit->ready);
        p9_print(text, "restarts %u memory %llu time %llu handles %u threads %u error %s\n",
                 unit->restarts, (unsigned long long)info.memory_used,
                 (unsigned long long)info.cpu_time, info.handles_used, info.threads_used,
                 unit->error[0] ? unit->error : "-");
    }
    return 0;
}

static enum status find_order(struct p9_name word, enum unit_order *order)
{
    static const char *const orders[] = {"start", "stop", "restart"};
    for (uint32_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (!p9_name_is(word, orders[i])) continue;
        *order = (enum unit_order)i;
        return OK;
    }
    return ERR_NOT_FOUND;
}

// A fact on each line.
static int unit_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct unit *unit = context;
    struct fe_process_info info = {};
    if (unit->process != FE_NO_HANDLE && fe_process_inspect(unit->process, &info) != OK)
        info = (struct fe_process_info){};
    p9_print(text, "name %s\nprogram %s\nstate %s\n", unit->name, unit->program.word[0],
             unit_state_name(unit->state));
    p9_print(text, "restarts %u\nfailures %u\nexit %d\nerror %s\n", unit->restarts, unit->failures,
             unit->exit_code, unit->error[0] ? unit->error : "-");
    p9_print(text, "started %llu\nready %llu\n", (unsigned long long)unit->started,
             (unsigned long long)unit->ready);
    p9_print(text, "memory %llu\ntime %llu\nhandles %u\nthreads %u\n",
             (unsigned long long)info.memory_used, (unsigned long long)info.cpu_time,
             info.handles_used, info.threads_used);
    p9_print(text, "watchdog %llu\n", (unsigned long long)unit->watchdog);
    return 0;
}

// An order, or a fault that it is to make.
static int unit_do(struct unit *unit, struct p9_name word)
{
    enum unit_order order;
    enum watch_fault fault = fe_watchdog_fault_named(word.text, word.size);
    if (fault != WATCH_NO_FAULT) return watchdog_inject(unit->process, fault);
    return find_order(word, &order) == OK ? unit_command(unit, order) : -EINVAL;
}

// A word of unit_do's.
static int unit_order_command(struct p9_request *request, void *context, const char *text,
                              size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    return unit_do(context, (struct p9_name){text, size});
}

void unit_show(struct unit *unit)
{
    const struct p9_tree_entry entry = {.path = unit->name,
                                        .mode = 0664,
                                        .text = unit_text,
                                        .command = unit_order_command,
                                        .context = unit,
                                        .gid = 10};
    struct p9_node *node;
    if (unit_folder == nullptr || p9_tree_add(unit_folder, &entry, &node) != 0)
        say("%s: no file in /dev/units", unit->name);
}

// A word of unit_do's, and a name.
static int services_command(struct p9_request *request, void *context, const char *text,
                            size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    const char *space = memchr(text, ' ', size);
    if (space == nullptr) return -EINVAL;
    struct p9_name word = {text, (size_t)(space - text)};
    struct p9_name name = {space + 1, size - word.size - 1};
    for (struct unit *unit = units; unit; unit = unit->next) {
        if (p9_name_is(name, unit->name)) return unit_do(unit, word);
    }
    return -ENOENT;
}

// Their roots' only children are mounted as files; the units are a folder.
int own_nodes(struct p9_node *nodes[3])
{
    static const struct p9_tree_entry table[] = {
        {.path = "power", .mode = 0620, .command = power_command, .gid = 10},
        {.path = "services",
         .mode = 0664,
         .text = services_text,
         .command = services_command,
         .gid = 10},
    };
    struct p9_node *root;
    int result = p9_tree_create(nullptr, 0, &root);
    if (result == 0) result = p9_tree_add(root, &table[0], &nodes[0]);
    if (result == 0) result = p9_tree_add(root, &table[1], &nodes[1]);
    if (result == 0) result = p9_tree_create(nullptr, 0, &unit_folder);
    nodes[2] = unit_folder;
    return result;
}
