// SPDX-License-Identifier: MIT
// init as a client of the process service: every service is registered there, so that it has a pid,
// is seen by ps and can spawn and wait like any process.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <ferrite/libc.h>

enum : uint64_t { SIGNAL_CHILD = 1ull << 16 }; // services watch their children themselves

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
    fe_handle session = FE_NO_HANDLE;
    if (own == nullptr || strcmp(unit->name, "process") == 0) return FE_NO_HANDLE;
    struct p9_registration what = {.command = unit->name, .ignored = SIGNAL_CHILD};
    int result = p9_process_register(own, process, &what, &session);
    if (result != 0) {
        say("%s: cannot be registered (%d)", unit->name, result);
        if (result == -EIO) {
            p9_close(own);
            own = nullptr;
        }
        return FE_NO_HANDLE;
    }
    return session;
}
