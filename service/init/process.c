// SPDX-License-Identifier: MIT
// init as a client of the process service: every service is registered there, so that it has a pid,
// is seen by ps and can spawn and wait like any process.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>

static struct p9_file *own;

// The service gives init its own session when it is ready.
void process_session_set(fe_handle session)
{
    struct p9_session *adopted = p9_session_adopt(session);
    if (adopted == nullptr) return;
    if (own) p9_close(own);
    own = p9_file_adopt(adopted, FE_9P_ROOT_FID, OPEN_PATH);
    p9_session_put(adopted);
}

// The session for a child whose process is given, or FE_NO_HANDLE while there is no process
// service.
fe_handle process_register(struct unit *unit, fe_handle process)
{
    fe_handle copy;
    if (own == nullptr || strcmp(unit->name, "process") == 0) return FE_NO_HANDLE;
    if (fe_handle_copy(process, &copy) != OK) return FE_NO_HANDLE;
    struct fe_process_register wish = {.group = UINT32_MAX};
    memcpy(wish.command, unit->name, strlen(unit->name));
    struct p9_control control = {.request = CONTROL_PROCESS_REGISTER,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .send = &copy,
                                 .send_count = 1};
    int result = p9_control(own, &control);
    if (result != 0) {
        say("%s: cannot be registered (%d)", unit->name, result);
        if (result == -EIO) {
            p9_close(own);
            own = nullptr;
        }
        return FE_NO_HANDLE;
    }
    return control.received_count == 1 ? control.received[0] : FE_NO_HANDLE;
}
