// SPDX-License-Identifier: MIT
// Speaking to the process service (abi/9p.h) for those who make processes with the kernel's calls.
#include "client_internal.h"
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>

struct p9_file *p9_root_of_handle(fe_handle handle)
{
    fe_handle copy;
    if (handle == FE_NO_HANDLE || fe_handle_copy(handle, &copy) != OK) return nullptr;
    struct p9_session *session = p9_session_adopt(copy);
    if (session == nullptr) {
        fe_handle_drop(&copy);
        return nullptr;
    }
    struct p9_file *root = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_PATH);
    p9_session_put(session);
    return root;
}

int p9_process_register(struct p9_file *own, fe_handle process, const struct p9_registration *what,
                        fe_handle *session)
{
    struct fe_process_register wish = {.group = UINT32_MAX};
    strncpy(wish.command, what->command, sizeof wish.command - 1);
    const struct p9_loan loan = {process, RIGHT_ALL};
    struct p9_control control = {.request = CONTROL_PROCESS_REGISTER,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .lend = &loan,
                                 .lend_count = 1,
                                 .deadline = what->deadline,
                                 .receive_most = 1};
    int result = p9_control(own, &control);
    if (result != 0) return result;
    if (control.received_count != 1) return -EPROTO;
    *session = control.received[0];
    return 0;
}

int p9_process_introduce(fe_handle process, const char *command, fe_handle *session)
{
    const struct p9_registration what = {.command = command};
    struct p9_file *own = p9_root_of_handle(fe_start_handle("process"));
    if (own == nullptr) return -EPERM;
    int result = p9_process_register(own, process, &what, session);
    p9_close(own);
    return result;
}

int p9_process_start(struct fe_spawn *options, int (*give)(void *context, fe_handle process),
                     void *context, fe_handle *process)
{
    struct fe_child child = {};
    enum status status = fe_spawn_create(options, &child);
    if (status != OK) return -fe_status_errno(status);
    int result = give(context, child.process);
    if (result != 0) {
        fe_spawn_abandon(options, &child);
        return result;
    }
    result = -fe_status_errno(fe_spawn_start(options, &child));
    fe_handle_drop(&child.thread);
    if (result == 0) *process = fe_handle_take(&child.process);
    fe_handle_drop(&child.process);
    return result;
}
