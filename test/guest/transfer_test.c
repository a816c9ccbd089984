// SPDX-License-Identifier: MIT
// Buffers of messages, of every size and place, between address spaces; and buffers whose pages
// change between messages or while they go: what a message brings is in the page that is there.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint32_t { ROOM = 3 * FE_PAGE_SIZE };
static alignas(FE_PAGE_SIZE) uint8_t sent[ROOM + FE_PAGE_SIZE], back[ROOM + FE_PAGE_SIZE];

// What serve() is asked to do, in the label: end, or answer with the bytes that came, each with
// this added to it, from and at offsets in words 0 and 1.
enum : uint64_t { END };

static void serve_on(fe_handle channel, uint8_t *in, uint8_t *out)
{
    struct fe_transfer transfer = {.receive = (uintptr_t)in, .receive_capacity = ROOM};
    struct fe_message message = {.transfer = &transfer};
    enum status status = fe_channel_receive(channel, &message, FE_FOREVER);
    while (status == OK && message.label != END && message.label < FE_NOTICE) {
        uint32_t size = transfer.received_size;
        for (uint32_t i = 0; i < size; i++)
            out[message.word[1] + i] = (uint8_t)(in[i] + message.label);
        transfer.send = (uintptr_t)out + message.word[1];
        transfer.send_size = size;
        transfer.receive = (uintptr_t)in;
        message.transfer = &transfer;
        status = fe_channel_reply_receive(channel, &message);
    }
    (void)!fe_handle_close(channel);
}

int guest_child(const char *)
{
    serve_on(fe_start_handle("channel"), sent, back);
    return 0;
}

static bool is_echoed(fe_handle session, uint32_t size, uint32_t from, uint32_t to)
{
    enum : uint8_t { ADDED = 3, UNTOUCHED = 0xa5 };
    for (uint32_t i = 0; i < size; i++) sent[from + i] = (uint8_t)(i * 5 + from);
    memset(back, UNTOUCHED, sizeof back);
    struct fe_transfer transfer = {.send = (uintptr_t)sent + from,
                                   .send_size = size,
                                   .receive = (uintptr_t)back + to,
                                   .receive_capacity = size};
    struct fe_message message = {.label = ADDED, .word = {0, to}, .transfer = &transfer};
    if (fe_channel_call(session, &message, FE_FOREVER) != OK) return false;
    if (transfer.received_size != size) return false;
    for (uint32_t i = 0; i < size; i++)
        if (back[to + i] != (uint8_t)(i * 5 + from + ADDED)) return false;
    return back[to + size] == UNTOUCHED && (to == 0 || back[to - 1] == UNTOUCHED);
}

TEST("buffers of all sizes at all places come as they were sent, and nothing beside them changes")
{
    static const uint32_t sizes[] = {0,   1,   3,   8,    63,   64,   65,   127,  128,  511,
                                     512, 513, 640, 1000, 4095, 4096, 4097, 8192, 9001, ROOM};
    static const uint32_t places[] = {0, 1, 8, 100, 4032, 4095};
    enum : size_t { SIZES = sizeof sizes / sizeof *sizes, PLACES = sizeof places / sizeof *places };
    fe_handle channel, session;
    struct fe_child server;
    uint64_t id;
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 1, &session, &id) == OK);
    struct fe_spawn_handle handle = {"channel", channel, 0, false};
    EXPECT(guest_spawn("serve", &handle, 1, &server) == OK);
    for (size_t size = 0; size < SIZES; size++) {
        for (size_t place = 0; place < PLACES; place++)
            EXPECT(is_echoed(session, sizes[size], places[place], places[PLACES - 1 - place]));
    }
    struct fe_process_info info;
    EXPECT(fe_handle_close(session) == OK && guest_wait(&server, &info) == OK);
}

// A server thread in this process, whose buffer's pages the tests change.
static fe_handle channel, session;
static uint8_t *window;

static void serve(void *)
{
    serve_on(channel, window, back);
}

static bool show(fe_handle memory, uint32_t access)
{
    uintptr_t address;
    uint32_t flags = MAP_FIXED | MAP_REPLACE | access;
    return fe_process_map(fe_process_self(), memory, 0, FE_PAGE_SIZE, (uintptr_t)window, flags,
                          &address) == OK;
}

static bool start(fe_handle memory, void (*server)(void *))
{
    uint64_t id;
    void *address;
    uint32_t access = MAP_READ | MAP_WRITE;
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, access, &address) != OK) return false;
    window = address;
    if (fe_channel_create(&channel) != OK) return false;
    return fe_channel_mint(channel, 1, &session, &id) == OK &&
           guest_thread(server, nullptr, 0) == OK;
}

static enum status send(const char *text)
{
    char answer[16];
    struct fe_transfer transfer = {.send = (uintptr_t)text,
                                   .send_size = (uint32_t)strlen(text),
                                   .receive = (uintptr_t)answer,
                                   .receive_capacity = sizeof answer};
    struct fe_message message = {.label = 1, .transfer = &transfer};
    return fe_channel_call(session, &message, FE_FOREVER);
}

static bool holds(fe_handle memory, const char *text)
{
    void *address;
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ, &address) != OK) return false;
    bool is_same = memcmp(address, text, strlen(text)) == 0;
    return fe_memory_unmap(address, FE_PAGE_SIZE) == OK && is_same;
}

TEST("a message comes into the page that is there now, and into no other")
{
    fe_handle first, second, clone;
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &first) == OK);
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &second) == OK);
    EXPECT(start(first, serve));
    if (!guest_translates) { // another page is at another address
        EXPECT(!show(second, MAP_READ | MAP_WRITE) && send("one") == OK && send("two") == OK);
        EXPECT(memcmp(window, "two", 3) == 0 && fe_handle_close(session) == OK);
        EXPECT(fe_handle_close(first) == OK && fe_handle_close(second) == OK);
        return;
    }
    EXPECT(send("one") == OK && send("two") == OK && holds(first, "two"));
    EXPECT(show(second, MAP_READ | MAP_WRITE) && send("three") == OK);
    EXPECT(holds(first, "two") && holds(second, "three"));
    EXPECT(send("four!") == OK && fe_memory_clone(second, 0, FE_PAGE_SIZE, &clone) == OK);
    EXPECT(send("five!") == OK && holds(clone, "four!") && holds(second, "five!"));
    EXPECT(fe_memory_resize(first, 2ul * FE_PAGE_SIZE) == OK && show(first, MAP_READ | MAP_WRITE));
    EXPECT(send("six") == OK && holds(first, "six") && holds(second, "five!"));
    EXPECT(show(first, MAP_READ)); // the server fails, and its end fails the call
    EXPECT(send("seven") == ERR_PEER_CLOSED && holds(first, "six"));
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(first) == OK);
    EXPECT(fe_handle_close(second) == OK && fe_handle_close(clone) == OK);
}

static volatile bool is_over, has_ended;

// Without an MMU the page that comes is the one that went.
static bool hide_and_show(fe_handle memory)
{
    void *address;
    if (fe_memory_unmap(window, FE_PAGE_SIZE) != OK) return false;
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address) != OK) return false;
    return address == window;
}

static void change(void *argument)
{
    const fe_handle *memory = argument;
    for (uint32_t i = 0; !is_over; i++) {
        bool is_shown =
            guest_translates ? show(memory[i & 1], MAP_READ | MAP_WRITE) : hide_and_show(memory[0]);
        if (!is_shown) break;
        (void)!fe_thread_yield();
    }
    has_ended = true;
}

// Receives into the window without a look at it, and again when no page was there.
static void take_all(void *)
{
    struct fe_transfer transfer = {.receive = (uintptr_t)window, .receive_capacity = FE_PAGE_SIZE};
    struct fe_message message = {.transfer = &transfer};
    fe_handle own = channel; // which may be another test's when this one closes it
    enum status status = fe_channel_receive(own, &message, FE_FOREVER);
    while ((status == OK && message.label < FE_NOTICE) || status == ERR_BAD_ADDRESS) {
        message.token = status == OK ? message.token : 0;
        message.word[0] = transfer.received_size;
        message.transfer = &transfer;
        status = fe_channel_reply_receive(own, &message);
    }
    (void)!fe_handle_close(own);
}

TEST("while pages of a buffer come and go, each message comes, once there is one")
{
    enum : uint32_t { ROUNDS = 300 };
    static fe_handle memory[2];
    static uint8_t large[FE_PAGE_SIZE];
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &memory[0]) == OK);
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &memory[1]) == OK);
    is_over = has_ended = false;
    EXPECT(start(memory[0], take_all) && guest_thread(change, memory, 0) == OK);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct fe_transfer transfer = {.send = (uintptr_t)large, .send_size = FE_PAGE_SIZE - round};
        struct fe_message message = {.label = 1, .transfer = &transfer};
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
        EXPECT(message.word[0] == FE_PAGE_SIZE - round);
        (void)!fe_thread_yield();
    }
    EXPECT(!has_ended);
    is_over = true;
    while (!has_ended) fe_clock_sleep_until(fe_clock_after(MILLISECOND));
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(memory[0]) == OK);
    EXPECT(fe_handle_close(memory[1]) == OK);
}

// Numbers that keep a few registers busy, and that the least difference on the way makes others.
static double compute(uint32_t rounds)
{
    double a = 0.11, b = 0.22, c = 0.33, d = 0.44, e = 0.55, f = 0.66, g = 0.77, h = 0.88;
    for (uint32_t i = 0; i < rounds; i++) {
        a = 3.99 * a * (1 - a), b = 3.98 * b * (1 - b), c = 3.97 * c * (1 - c);
        d = 3.96 * d * (1 - d), e = 3.95 * e * (1 - e), f = 3.94 * f * (1 - f);
        g = 3.93 * g * (1 - g), h = 3.92 * h * (1 - h);
    }
    return a + b + c + d + e + f + g + h;
}

enum : uint32_t { NUMBERS = 400'000 };
static volatile double computed;

static void compute_beside(void *)
{
    computed = compute(NUMBERS);
    has_ended = true;
}

// Only computes while this thread sleeps, and its registers stay in the CPU meanwhile: this thread
// and the server touch none.
TEST("large buffers that others send leave a computing thread's registers alone")
{
    static uint8_t large[FE_PAGE_SIZE];
    static struct fe_transfer transfer;
    static struct fe_message message;
    fe_handle memory;
    double expected = compute(NUMBERS);
    guest_cpus(0, 1);
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &memory) == OK && start(memory, take_all));
    has_ended = false;
    EXPECT(guest_thread(compute_beside, nullptr, PRIORITY_DEFAULT - 1) == OK);
    memset(large, 0x5a, sizeof large);
    transfer.send = (uintptr_t)large;
    transfer.send_size = sizeof large;
    for (uint32_t round = 0; !has_ended; round++) {
        message.label = round + 1;
        message.transfer = &transfer;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
        fe_clock_sleep_until(fe_clock_after(MILLISECOND / 10));
    }
    EXPECT(computed == expected);
    EXPECT(fe_handle_close(session) == OK && fe_handle_close(memory) == OK);
    guest_cpus(0, ALL_CPUS);
}
