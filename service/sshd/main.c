// SPDX-License-Identifier: MIT
// sshd: takes connections of SSH at a port, and gives each a process of its own (child.c), with
// limits to their number, in all and for one address. Who logs in is the service of logins' affair.
// See sshd(4).
#include "arguments.h"
#include "sshd.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <string.h>

enum : uint32_t { CONNECTIONS_MOST = 48, PEER_MOST = 24 };
enum : uint64_t { BIT_ENDED = 1 };

static fe_handle event; // one of the processes has ended

static struct connection {
    fe_handle process; // FE_NO_HANDLE: free
    char peer[ADDRESS_SIZE];
} connections[CONNECTIONS_MOST];

static bool has_ended(fe_handle process)
{
    struct fe_process_info info;
    return fe_process_inspect(process, &info) != OK || info.state == PROCESS_DEAD;
}

// A free place, when the peer may have one more; those of processes that ended are free again.
static struct connection *find_place(const char *peer)
{
    struct connection *place = nullptr;
    uint32_t its = 0;
    for (struct connection *at = connections; at < connections + CONNECTIONS_MOST; at++) {
        if (at->process != FE_NO_HANDLE && has_ended(at->process)) fe_handle_drop(&at->process);
        if (at->process == FE_NO_HANDLE) {
            place = at;
        } else {
            its += strcmp(at->peer, peer) == 0;
        }
    }
    return its < PEER_MOST ? place : nullptr;
}

static void serve(const struct call *call, uint16_t silence)
{
    struct connection *place = find_place(call->peer);
    if (place == nullptr) {
        fe_log("%s: too many connections", call->peer);
        return;
    }
    int result = child_start(call, silence, &place->process);
    if (result != 0) fe_log("%s: no process for it (%d)", call->peer, result);
    if (result == 0) (void)!fe_process_watch(place->process, event, BIT_ENDED);
    strcpy(place->peer, call->peer);
}

// Until a connection has ended, and what it took is there for the next. False: there is none.
static bool wait_for_end(void)
{
    uint32_t count = 0;
    uint64_t bits;
    for (const struct connection *at = connections; at < connections + CONNECTIONS_MOST; at++)
        count += at->process != FE_NO_HANDLE && !has_ended(at->process);
    return count > 0 && fe_event_wait(event, BIT_ENDED, FE_FOREVER, &bits) == OK;
}

static void take_calls(const char *folder, uint16_t silence)
{
    for (;;) {
        uint64_t ended;
        struct call call = {};
        (void)!fe_event_wait(event, BIT_ENDED, 0, &ended); // what ended before is not waited for
        int result = listen_take(folder, &call);
        if (result == 0) {
            serve(&call, silence);
            p9_close(call.data);
            continue;
        }
        fe_log("no call (%d)", result);
        if (!wait_for_end()) return;
    }
}

int main(int count, char **arguments)
{
    char folder[ADDRESS_SIZE];
    struct p9_file *control;
    struct arguments told;
    const char *wrong = arguments_read(count, arguments, &told);
    if (wrong != nullptr) {
        fe_log("%s", wrong);
        return 2;
    }
    int result = host_key_check();
    if (result != 0) {
        fe_log("the host has no key (%d)", result);
        return 1;
    }
    result = listen_announce(told.port, folder, &control);
    if (result != 0) {
        fe_log("port %u: %d", told.port, result);
        return 1;
    }
    if (fe_event_create(&event) != OK) return 1;
    take_calls(folder, told.silence);
    return 1; // init starts it again, after a pause
}
