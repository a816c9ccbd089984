// SPDX-License-Identifier: MIT
// Long messages from all CPUs to a channel that several threads serve: their copies stop for each
// other, time out and fail on the way. What comes, either way, is one message and all of it.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint64_t { DURATION = 3 * SECOND, HASTE = 400'000 };
enum : uint32_t { SERVERS = 2, CLIENTS = 4, LONG = 16 * FE_PAGE_SIZE, LEAST = 64 };

struct party {
    alignas(FE_PAGE_SIZE) uint8_t out[LONG], in[LONG], half[FE_PAGE_SIZE];
    uint8_t gone[FE_PAGE_SIZE]; // is taken away, so that what begins in `half` fails
    struct fe_transfer transfer;
};
static struct party parties[SERVERS + CLIENTS];

static fe_handle channel, session;
static _Atomic uint32_t wrong, over, answered, refused;

static bool is_full_of(const uint8_t *bytes, uint8_t byte)
{
    uint32_t i = 0;
    while (i < LONG && bytes[i] == byte) i++;
    return i == LONG;
}

// Answers with a buffer full of what came. A call that was given up is a notice.
static void serve(void *argument)
{
    struct party *own = argument;
    struct fe_message message = {};
    enum status status = OK;
    for (bool first = true; status == OK && message.label != FE_NOTICE_ENDED; first = false) {
        own->transfer.receive = (uintptr_t)own->in;
        own->transfer.receive_capacity = LONG;
        message.transfer = &own->transfer;
        status = first ? fe_channel_receive(channel, &message, FE_FOREVER)
                       : fe_channel_reply_receive(channel, &message);
        own->transfer.send_size = 0;
        if (status != OK || message.label > FE_NOTICE) continue;
        wrong += !is_full_of(own->in, (uint8_t)message.label);
        memset(own->out, (uint8_t)message.label + 1, LONG);
        own->transfer.send = (uintptr_t)own->out;
        own->transfer.send_size = LONG;
    }
    over++;
}

static enum status ask(struct party *own, uint8_t byte, bool fails, uint64_t deadline)
{
    memset(own->out, byte, LONG);
    own->transfer = (struct fe_transfer){.send = (uintptr_t)(fails ? own->half : own->out),
                                         .send_size = fails ? 2 * FE_PAGE_SIZE : LONG,
                                         .receive = (uintptr_t)own->in,
                                         .receive_capacity = LONG};
    struct fe_message message = {.label = byte, .transfer = &own->transfer};
    return fe_channel_call(session, &message, deadline);
}

static void flood(void *argument)
{
    struct party *own = argument;
    uint64_t end = fe_clock_after(DURATION);
    uint32_t number = (uint32_t)(own - parties);
    for (uint32_t i = 0; (i < LEAST || fe_clock_monotonic() < end) && wrong == 0; i++) {
        bool fails = i % 8 == number, is_hasty = i % 3 == 0;
        uint8_t byte = (uint8_t)(i * CLIENTS + number);
        uint64_t deadline = is_hasty ? fe_clock_after(i * 7919 % HASTE) : FE_FOREVER;
        enum status status = ask(own, byte, fails, deadline);
        if (status == OK) {
            wrong += fails || !is_full_of(own->in, byte + 1);
            answered++;
        } else {
            wrong +=
                !(fails && status == ERR_BAD_ADDRESS) && !(is_hasty && status == ERR_TIMED_OUT);
            refused++;
        }
    }
    over++;
}

TEST("long messages from all CPUs, of which some time out and some fail, come whole or not at all")
{
    uint64_t id;
    EXPECT(fe_channel_create(&channel) == OK && fe_channel_mint(channel, 1, &session, &id) == OK);
    for (uint32_t i = 0; i < SERVERS + CLIENTS; i++) {
        EXPECT(fe_memory_unmap(parties[i].gone, FE_PAGE_SIZE) == OK);
        EXPECT(guest_thread(i < SERVERS ? serve : flood, &parties[i], 0) == OK);
    }
    EXPECT(guest_reaches(&over, CLIENTS));
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(channel) == OK);
    EXPECT(guest_reaches(&over, CLIENTS + SERVERS) && wrong == 0 && answered > 0 && refused > 0);
    guest_print("%u long messages, %u others\n", answered, refused);
}
