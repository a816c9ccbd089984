// SPDX-License-Identifier: MIT
// Messages of many pages, of which those that lie together are copied together: wherever they begin
// and end, every byte comes, and no other one changes; and what may not be written to, or goes on
// the way, ends it as if it had been looked at page by page.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : size_t { PAGES = 24, LONG = PAGES * FE_PAGE_SIZE };
enum : uint32_t { ROUNDS = 40 };

static fe_handle channel, session;
static uint8_t *sent, *back, *room;

// Sends back what it is sent.
static void echo(void *)
{
    fe_handle own = channel;
    struct fe_transfer transfer = {.receive = (uintptr_t)room, .receive_capacity = LONG};
    struct fe_message message = {.transfer = &transfer};
    enum status status = fe_channel_receive(own, &message, FE_FOREVER);
    while (status == OK && message.label != FE_NOTICE_ENDED) {
        transfer.send = (uintptr_t)room;
        transfer.send_size = transfer.received_size;
        status = fe_channel_reply_receive(own, &message);
        if (status == ERR_STALE) status = fe_channel_receive(own, &message, FE_FOREVER);
    }
    (void)!fe_handle_close(own);
}

// Frames come in the order in which pages are touched: every `step`-th one, and then the next ones.
static bool allocate(uint8_t **bytes, size_t step)
{
    if (fe_memory_allocate(LONG, (void **)bytes) != OK) return false;
    for (size_t first = 0; first < step; first++)
        for (size_t i = first; i < PAGES; i += step) (*bytes)[i * FE_PAGE_SIZE] = 1;
    return true;
}

static bool begin(size_t step)
{
    uint64_t id;
    if (!allocate(&sent, 1) || !allocate(&back, step) || !allocate(&room, step)) return false;
    for (size_t i = 0; i < LONG; i++) sent[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
    return fe_channel_create(&channel) == OK && fe_channel_mint(channel, 1, &session, &id) == OK &&
           guest_thread(echo, nullptr, 0) == OK;
}

static bool end(void)
{
    return fe_handle_close(session) == OK && fe_memory_unmap(sent, LONG) == OK &&
           fe_memory_unmap(back, LONG) == OK;
}

static enum status call(size_t from, size_t size, uint8_t *to)
{
    struct fe_transfer transfer = {.send = (uintptr_t)(sent + from),
                                   .send_size = (uint32_t)size,
                                   .receive = (uintptr_t)to,
                                   .receive_capacity = (uint32_t)size};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    enum status status = fe_channel_call(session, &message, guest_limit());
    return status == OK && transfer.received_size != size ? ERR_TOO_LARGE : status;
}

static bool are_all(const uint8_t *bytes, size_t size, uint8_t value)
{
    size_t i = 0;
    while (i < size && bytes[i] == value) i++;
    return i == size;
}

static bool comes_whole(size_t from, size_t size, size_t to)
{
    memset(back, 0xee, LONG);
    return call(from, size, back + to) == OK && memcmp(sent + from, back + to, size) == 0 &&
           are_all(back, to, 0xee) && are_all(back + to + size, LONG - to - size, 0xee);
}

static bool all_come_whole(void)
{
    static const size_t place[] = {0, 1, 8, FE_PAGE_SIZE - 3, FE_PAGE_SIZE, 2 * FE_PAGE_SIZE + 16};
    static const size_t sizes[] = {FE_PAGE_SIZE + 1, 2 * FE_PAGE_SIZE, 5 * FE_PAGE_SIZE - 9,
                                   LONG - 3 * FE_PAGE_SIZE};
    enum : size_t { PLACES = sizeof place / sizeof *place };
    for (size_t i = 0; i < PLACES * PLACES; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            if (!comes_whole(place[i / PLACES], sizes[k], place[i % PLACES])) return false;
    }
    return comes_whole(0, LONG, 0);
}

TEST("a long message comes whole, whether its frames are neighbours or not")
{
    EXPECT(begin(1) && all_come_whole() && end());
    EXPECT(begin(3) && all_come_whole() && end());
}

static enum status protect(uint8_t *page, uint32_t access)
{
    return fe_process_protect(fe_process_self(), (uintptr_t)page, FE_PAGE_SIZE, access);
}

TEST("a page that may not be written to ends a long message there, and is as it was")
{
    EXPECT(begin(1) && comes_whole(0, LONG, 0));
    for (size_t i = 1; i < PAGES; i += 3) {
        uint8_t *page = back + i * FE_PAGE_SIZE;
        memset(back, 0xdd, LONG);
        EXPECT(protect(page, MAP_READ) == OK);
        EXPECT(call(0, LONG, back) == ERR_BAD_ADDRESS);
        EXPECT(are_all(page, LONG - i * FE_PAGE_SIZE, 0xdd));
        EXPECT(protect(page, MAP_READ | MAP_WRITE) == OK && comes_whole(0, LONG, 0));
    }
    EXPECT(fe_memory_unmap(sent + LONG / 2, FE_PAGE_SIZE) == OK);
    EXPECT(call(0, LONG, back) == ERR_BAD_ADDRESS);
    EXPECT(call(0, LONG / 2, back) == OK && memcmp(sent, back, LONG / 2) == 0);
    EXPECT(fe_memory_unmap(sent + LONG / 2 + FE_PAGE_SIZE, LONG / 2 - FE_PAGE_SIZE) == OK);
    EXPECT(fe_memory_unmap(sent, LONG / 2) == OK && fe_memory_unmap(back, LONG) == OK);
    EXPECT(fe_handle_close(session) == OK);
}

// Somebody more urgent, who takes the right to write to a page away while it is on its way.
static struct {
    fe_handle event, done;
    uint8_t seen[FE_PAGE_SIZE];
    uint32_t wrong;
} urgent;

static void take_away(void *)
{
    uint64_t bits;
    while (fe_event_wait(urgent.event, 3, FE_FOREVER, &bits) == OK && bits == 1) {
        uint8_t *page = back + LONG - FE_PAGE_SIZE;
        urgent.wrong += protect(page, MAP_READ) != OK;
        memcpy(urgent.seen, page, FE_PAGE_SIZE);
        (void)!fe_event_signal(urgent.done, 1);
    }
    (void)!fe_event_signal(urgent.done, 2);
}

TEST("a page that is protected while a long message is on its way to it does not change any more")
{
    uint64_t bits;
    guest_cpus(0, 1);
    EXPECT(begin(1) && comes_whole(0, LONG, 0) && comes_whole(0, LONG, 0));
    uint64_t start = fe_clock_monotonic();
    EXPECT(call(0, LONG, back) == OK);
    uint64_t span = fe_clock_monotonic() - start;
    EXPECT(fe_event_create(&urgent.event) == OK && fe_event_create(&urgent.done) == OK);
    EXPECT(guest_thread(take_away, nullptr, PRIORITY_DRIVER) == OK);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        memset(back, 0xcc, LONG);
        EXPECT(fe_event_arm(urgent.event, 1, fe_clock_after(span * round / ROUNDS), 0) == OK);
        enum status status = call(0, LONG, back);
        EXPECT(status == OK || status == ERR_BAD_ADDRESS);
        EXPECT(fe_event_wait(urgent.done, 1, guest_limit(), &bits) == OK);
        EXPECT(memcmp(urgent.seen, back + LONG - FE_PAGE_SIZE, FE_PAGE_SIZE) == 0);
        EXPECT(protect(back + LONG - FE_PAGE_SIZE, MAP_READ | MAP_WRITE) == OK);
    }
    EXPECT(fe_event_signal(urgent.event, 2) == OK);
    EXPECT(fe_event_wait(urgent.done, 2, guest_limit(), &bits) == OK && urgent.wrong == 0);
    EXPECT(fe_handle_close(urgent.event) == OK && fe_handle_close(urgent.done) == OK && end());
    guest_cpus(0, ALL_CPUS);
}
