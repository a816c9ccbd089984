// SPDX-License-Identifier: MIT
// The process that speaks to a peer: nobody's, in an empty namespace, seeing no other process. It
// has the connection, a conversation with the service of logins, and its session with the process
// service.
#include "sshd.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/spawn.h>
#include <ferrite/status.h>
#include <stdio.h>

enum : uint32_t { NOBODY = 65534 };
enum : uint64_t { MEMORY = 4 << 20 };
enum : uint32_t { CONNECTION, LOGIN, SESSION, HANDLE_COUNT };

static int share(struct p9_file *file, struct fe_spawn_handle *handle)
{
    handle->value = (uint64_t)OPEN_READ_WRITE << 32 | file->fid;
    return p9_share(&file, 1, &handle->handle);
}

static int share_conversation(struct fe_spawn_handle *handle)
{
    struct p9_file *conversation;
    int result = p9_open("/srv/logins", OPEN_READ_WRITE, 0, &conversation);
    if (result != 0) return result;
    result = share(conversation, handle);
    p9_close(conversation);
    return result;
}

static int confine(fe_handle session)
{
    struct fe_process_identity identity = {.uid = NOBODY, .gid = NOBODY};
    struct p9_file *child = p9_root_of_handle(session);
    if (child == nullptr) return -ENOMEM;
    struct p9_control set = {
        .request = CONTROL_PROCESS_IDENTITY_SET, .data = &identity, .size = sizeof identity};
    struct p9_control lock = {.request = CONTROL_PROCESS_CONFINE};
    int result = p9_control(child, &set);
    if (result == 0) result = p9_control(child, &lock);
    p9_close(child);
    return result;
}

struct giving {
    const struct call *call;
    struct fe_spawn_handle *handles;
};

static int give(void *context, fe_handle process)
{
    const struct giving *giving = context;
    struct fe_spawn_handle *handles = giving->handles;
    int result = share(giving->call->data, &handles[CONNECTION]);
    if (result == 0) result = share_conversation(&handles[LOGIN]);
    if (result == 0) result = p9_process_introduce(process, "ssh", &handles[SESSION].handle);
    return result == 0 ? confine(handles[SESSION].handle) : result;
}

int child_start(const struct call *call, uint16_t silence, fe_handle *process)
{
    char seconds[8];
    const char *const arguments[] = {"ssh", "-i", "-r", "key", "-K", seconds, nullptr};
    const char *const environment[] = {nullptr};
    snprintf(seconds, sizeof seconds, "%u", silence);
    struct fe_spawn_handle handles[HANDLE_COUNT] = {[CONNECTION] = {.name = "fd/0"},
                                                    [LOGIN] = {.name = "login"},
                                                    [SESSION] = {.name = "process"}};
    FE_HANDLE image = FE_NO_HANDLE, nothing = FE_NO_HANDLE;
    int result = p9_image("/service/ssh", &image);
    if (result != 0) return result;
    enum status status = fe_namespace_create(&nothing);
    if (status != OK) return -fe_status_errno(status);
    struct fe_spawn options = {.image = image,
                               .arguments = arguments,
                               .environment = environment,
                               .name_space = nothing,
                               .memory_limit = MEMORY,
                               .handles = handles,
                               .handle_count = HANDLE_COUNT};
    struct giving giving = {call, handles};
    return p9_process_start(&options, give, &giving, process);
}
