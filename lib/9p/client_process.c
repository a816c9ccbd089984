// SPDX-License-Identifier: MIT
// Speaking to the process service (abi/9p.h) for those who make processes with the kernel's calls.
#include "client_internal.h"

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
    struct fe_process_register wish = {.group = UINT32_MAX, .ignored = what->ignored};
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
