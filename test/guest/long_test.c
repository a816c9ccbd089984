// SPDX-License-Identifier: MIT
// Messages of many pages, whose copy stops on the way: what comes is one message and all of it,
// whoever sends to the same server meanwhile, and whatever becomes of that. All on one CPU, where a
// timer stops the copy: its times lie in all parts of the time that a call takes here.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : size_t { LONG = 64ul * FE_PAGE_SIZE };
enum : uint32_t { ROUNDS = 40 };

static fe_handle channel, session, event;
static uint8_t *buffer, *room[2];
static uint64_t span; // ns: of a call

static bool is_all_one(const uint8_t *bytes)
{
    size_t i = 1;
    while (i < LONG && bytes[i] == bytes[0]) i++;
    return i == LONG;
}

// Answers with whether all bytes are the same, and which; receives into one room and the other.
static void compare(void *)
{
    static alignas(FE_TRANSFER_ROOM_ALIGN) struct fe_transfer transfer;
    fe_handle own = channel;
    struct fe_message message = {};
    enum status status = OK;
    for (uint32_t turn = 0; status == OK && message.label != FE_NOTICE_ENDED; turn++) {
        transfer.receive = (uintptr_t)room[turn % 2];
        transfer.receive_capacity = LONG;
        message.transfer = (struct fe_transfer *)((uintptr_t)&transfer | FE_TRANSFER_ROOM);
        status = turn == 0 ? fe_channel_receive(own, &message, FE_FOREVER)
                           : fe_channel_reply_receive(own, &message);
        message.word[0] = is_all_one(room[turn % 2]);
        message.word[1] = room[turn % 2][0];
    }
    (void)!fe_handle_close(own);
}

// Sends a buffer full of `byte`; `is_right`: it came like that.
static enum status fill_and_send(uint8_t byte, uint64_t deadline, bool *is_right)
{
    memset(buffer, byte, LONG);
    struct fe_transfer transfer = {.send = (uintptr_t)buffer, .send_size = LONG};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    enum status status = fe_channel_call(session, &message, deadline);
    *is_right = status == OK && message.word[0] == 1 && message.word[1] == byte;
    return status;
}

static bool begin(void)
{
    uint64_t id;
    bool is_right = true;
    guest_cpus(0, 1);
    if (fe_memory_allocate(LONG, (void **)&buffer) != OK ||
        fe_memory_allocate(LONG, (void **)&room[0]) != OK ||
        fe_memory_allocate(LONG, (void **)&room[1]) != OK || fe_event_create(&event) != OK ||
        fe_channel_create(&channel) != OK || fe_channel_mint(channel, 1, &session, &id) != OK ||
        guest_thread(compare, nullptr, 0) != OK) {
        return false;
    }
    for (uint8_t i = 0; i < 3 && is_right; i++) { // the last one finds all pages there
        uint64_t start = fe_clock_monotonic();
        if (fill_and_send(i, FE_FOREVER, &is_right) != OK) return false;
        span = fe_clock_monotonic() - start;
    }
    return is_right;
}

static bool end(void)
{
    guest_cpus(0, ALL_CPUS);
    return fe_handle_close(session) == OK && fe_handle_close(event) == OK &&
           fe_memory_unmap(buffer, LONG) == OK;
}

TEST("a long message that was given up on the way leaves nothing of itself to the next one")
{
    bool is_right;
    EXPECT(begin());
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint64_t deadline = fe_clock_after(span * round / ROUNDS);
        EXPECT(fe_event_arm(event, 1, deadline, 0) == OK); // what stops the copy
        enum status status = fill_and_send(2 * (uint8_t)round, deadline, &is_right);
        EXPECT((status == OK && is_right) || status == ERR_TIMED_OUT);
        status = fill_and_send(2 * (uint8_t)round + 1, FE_FOREVER, &is_right);
        EXPECT(status == OK && is_right);
    }
    EXPECT(end());
}

// What somebody more urgent sends to the same server in the midst of a long message.
static struct {
    struct fe_transfer *transfer;
    enum status expected;
    uint32_t count, wrong;
} urgent;

static void send_urgently(void *)
{
    uint64_t bits;
    while (fe_event_wait(event, 3, FE_FOREVER, &bits) == OK && bits == 1) {
        struct fe_message message = {.label = 2, .transfer = urgent.transfer};
        urgent.wrong += fe_channel_call(session, &message, FE_FOREVER) != urgent.expected;
        urgent.count++;
    }
}

static bool are_whole(struct fe_transfer *transfer, enum status expected)
{
    bool is_right = true;
    urgent = (typeof(urgent)){.transfer = transfer, .expected = expected};
    if (guest_thread(send_urgently, nullptr, PRIORITY_DRIVER) != OK) return false;
    for (uint32_t round = 1; round <= ROUNDS && is_right; round++) {
        uint64_t when = fe_clock_after(span * round / ROUNDS);
        if (fe_event_arm(event, 1, when, 0) != OK) return false;
        if (fill_and_send((uint8_t)round, FE_FOREVER, &is_right) != OK) return false;
        fe_clock_sleep_until(when);
    }
    return fe_event_signal(event, 2) == OK && is_right && urgent.count > 0 && urgent.wrong == 0;
}

TEST("a long message is whole though the server answers another one on its way")
{
    EXPECT(begin() && are_whole(nullptr, OK));
    EXPECT(end());
}

TEST("a long message is whole though another one fails that was on its way into the same room")
{
    uint8_t *half;
    EXPECT(begin() && fe_memory_allocate(LONG, (void **)&half) == OK);
    EXPECT(fe_memory_unmap(half + LONG / 2, LONG / 2) == OK);
    memset(half, 0xff, LONG / 2);
    struct fe_transfer transfer = {.send = (uintptr_t)half, .send_size = LONG};
    EXPECT(are_whole(&transfer, ERR_BAD_ADDRESS));
    transfer.send = (uintptr_t)half + LONG / 2 - 100; // less than a page
    transfer.send_size = 200;
    EXPECT(are_whole(&transfer, ERR_BAD_ADDRESS));
    EXPECT(fe_memory_unmap(half, LONG / 2) == OK && end());
}
