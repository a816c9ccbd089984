// SPDX-License-Identifier: MIT
// init as a client of the process service: every service is registered there, so that it has a pid,
// is seen by ps and can spawn and wait like any process. Those that run before the process service
// does are registered when it is ready, and so are all when one was started that knows nobody.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/start.h>

// ns, for a service that may just have ended: init is to start it.
enum : uint64_t { PATIENCE = 1'000'000'000 };

static struct p9_file *own;
static bool is_introduced; // the service knows what is behind pid 1

// The service gives init its own session, and knows nobody yet.
void process_session_set(fe_handle session)
{
    struct p9_session *adopted = p9_session_adopt(session);
    if (adopted == nullptr) return;
    if (own) p9_close(own);
    own = p9_file_adopt(adopted, FE_9P_ROOT_FID, OPEN_PATH);
    p9_session_put(adopted);
    is_introduced = false;
    for (struct unit *unit = units; unit; unit = unit->next) unit->is_registered = false;
}

// Before it is ready the service may be asking init, so init does not ask it.
static bool may_ask(void)
{
    const struct unit *unit = units;
    while (unit && strcmp(unit->name, "process") != 0) unit = unit->next;
    return own != nullptr && unit != nullptr && unit->state == UNIT_READY;
}

// Whether the service has just ended: what it was asked is asked again when it is back.
static bool has_ended(const char *name, int result)
{
    if (result == -EIO || result == -ETIMEDOUT) return true;
    say("%s: cannot be registered (%d)", name, result);
    return false;
}

// The session for a child whose process is given, or FE_NO_HANDLE while there is no process
// service.
fe_handle process_register(struct unit *unit, fe_handle process)
{
    fe_handle session = FE_NO_HANDLE;
    if (!may_ask()) return FE_NO_HANDLE;
    const struct p9_registration what = {.command = unit->name,
                                         .deadline = fe_clock_after(PATIENCE)};
    int result = p9_process_register(own, process, &what, &session);
    // One that cannot be is not tried again.
    unit->is_registered = result == 0 || !has_ended(unit->name, result);
    return result == 0 ? session : FE_NO_HANDLE;
}

// Shows the service init's own process, which it may look at and no more.
static void introduce(void)
{
    const struct p9_loan self = {fe_start_handle("self"),
                                 RIGHT_TRANSFER | RIGHT_DUPLICATE | RIGHT_INSPECT};
    struct fe_process_register wish = {.command = "init"};
    struct p9_control control = {.request = CONTROL_PROCESS_BECOME,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .lend = &self,
                                 .lend_count = 1,
                                 .deadline = fe_clock_after(PATIENCE)};
    int result = p9_control(own, &control);
    is_introduced = result == 0 || !has_ended("init", result);
}

void processes_register(void)
{
    if (!may_ask()) return;
    if (!is_introduced) introduce();
    for (struct unit *unit = units; unit && is_introduced; unit = unit->next) {
        if (unit->process == FE_NO_HANDLE || unit->is_registered) continue;
        fe_handle session = process_register(unit, unit->process);
        fe_handle_drop(&session); // it was born without
        if (!unit->is_registered) return;
    }
}
