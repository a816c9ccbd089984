// SPDX-License-Identifier: MIT
// Tracing: who may turn it on, what is recorded, and what becomes of the ring.
#include <abi/trace.h>
#include <ferrite/libc.h>
#include <ferrite/wide.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint32_t { CAPACITY = 1024, URGENT = 60 };
enum : uint64_t { ALL = (1u << TRACE_KIND_COUNT) - 1 };

static const struct fe_trace_head *head;

static const struct fe_trace_record *record(uint64_t number)
{
    const uint8_t *base = (const uint8_t *)head + FE_TRACE_RECORDS;
    return (const struct fe_trace_record *)base + number % head->capacity;
}

static uint64_t next(void)
{
    return fe_count_read(&head->next);
}

// The ring of CPU 0, on which everything happens, mapped at `head`; FE_NO_HANDLE: it could not be
// made.
static fe_handle ring_make(uint32_t capacity)
{
    fe_handle memory;
    void *address;
    guest_cpus(0, 1);
    if (fe_trace_create(guest_resource("system"), 0, capacity, &memory) != OK) return FE_NO_HANDLE;
    size_t size = FE_TRACE_RECORDS + capacity * sizeof(struct fe_trace_record);
    if (fe_memory_map(memory, 0, size, MAP_READ, &address) != OK) return FE_NO_HANDLE;
    head = address;
    return memory;
}

static void ring_drop(fe_handle memory)
{
    size_t size = FE_TRACE_RECORDS + head->capacity * sizeof(struct fe_trace_record);
    EXPECT(fe_memory_unmap((void *)(uintptr_t)head, size) == OK);
    EXPECT(fe_handle_close(memory) == OK);
    head = nullptr;
}

// The first record of `kind` from `from` on with `detail`, or nullptr.
static const struct fe_trace_record *find(uint64_t from, enum fe_trace_kind kind, uint32_t detail)
{
    for (uint64_t n = from; n < next(); n++) {
        if (record(n)->kind == kind && record(n)->detail == detail) return record(n);
    }
    return nullptr;
}

// The same of one thread, and *from is behind it then: others may have run in between.
static const struct fe_trace_record *take(uint64_t *from, enum fe_trace_kind kind, uint64_t thread)
{
    while (*from < next()) {
        const struct fe_trace_record *at = record((*from)++);
        if (at->kind == kind && at->thread == thread) return at;
    }
    return nullptr;
}

TEST("a ring is made with the right to it only, for a CPU that is there, of a sensible size")
{
    fe_handle system = guest_resource("system"), memory;
    fe_handle weak = guest_weaken(system, RIGHT_INSPECT);
    EXPECT(fe_trace_create(weak, 0, CAPACITY, &memory) == ERR_NO_RIGHT);
    EXPECT(fe_trace_create(NO_SUCH_HANDLE, 0, CAPACITY, &memory) == ERR_BAD_HANDLE);
    EXPECT(fe_trace_create(fe_start_handle("self"), 0, CAPACITY, &memory) == ERR_WRONG_TYPE);
    EXPECT(fe_trace_create(guest_resource("debug"), 0, CAPACITY, &memory) == ERR_WRONG_TYPE);
    EXPECT(fe_trace_create(system, 0xffff, CAPACITY, &memory) == ERR_NOT_FOUND);
    EXPECT(fe_trace_create(system, 0, 0, &memory) == ERR_BAD_ARGUMENT);
    EXPECT(fe_trace_create(system, 0, CAPACITY + 1, &memory) == ERR_BAD_ARGUMENT);
    EXPECT(fe_trace_create(system, 0, 1u << 31, &memory) == ERR_BAD_ARGUMENT);
    EXPECT(fe_handle_close(weak) == OK);
}

TEST("the ring can be read and nothing else")
{
    fe_handle memory = ring_make(CAPACITY), other;
    struct fe_handle_info info;
    void *address;
    size_t size, committed;
    uint64_t word = 0;
    EXPECT(memory != FE_NO_HANDLE && head->capacity == CAPACITY && head->next == 0);
    EXPECT(fe_handle_inspect(memory, &info) == OK && (info.rights & RIGHT_MEMORY_WRITE) == 0);
    EXPECT(fe_memory_size(memory, &size, &committed) == OK && size == committed);
    EXPECT(fe_memory_map(memory, 0, size, MAP_READ | MAP_WRITE, &address) != OK);
    EXPECT(fe_memory_write(memory, 0, &word, sizeof word) == ERR_NO_RIGHT);
    EXPECT(fe_memory_resize(memory, FE_TRACE_RECORDS) == ERR_NO_RIGHT);
    EXPECT(fe_memory_clone(memory, 0, size, &other) == ERR_NOT_SUPPORTED);
    ring_drop(memory);
}

TEST("tracing is turned on and off with the right to it only")
{
    fe_handle system = guest_resource("system"), event;
    fe_handle weak = guest_weaken(system, RIGHT_INSPECT);
    EXPECT(fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == ERR_BAD_STATE); // there is no ring
    fe_handle memory = ring_make(CAPACITY);
    EXPECT(memory != FE_NO_HANDLE && fe_event_create(&event) == OK);
    EXPECT(fe_trace_start(weak, ALL, FE_NO_HANDLE, 0) == ERR_NO_RIGHT);
    EXPECT(fe_trace_start(NO_SUCH_HANDLE, ALL, FE_NO_HANDLE, 0) == ERR_BAD_HANDLE);
    EXPECT(fe_trace_start(guest_resource("debug"), ALL, FE_NO_HANDLE, 0) == ERR_WRONG_TYPE);
    EXPECT(fe_trace_start(system, 0, FE_NO_HANDLE, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_trace_start(system, ALL + 1, FE_NO_HANDLE, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_trace_start(system, ALL, NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_trace_start(system, ALL, memory, 1) == ERR_WRONG_TYPE);
    EXPECT(fe_trace_start(system, ALL, event, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_trace_stop(weak) == ERR_NO_RIGHT && fe_trace_stop(memory) == ERR_WRONG_TYPE);
    EXPECT(next() == 0); // nothing of that turned it on
    EXPECT(fe_trace_stop(system) == OK);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(event) == OK);
    ring_drop(memory);
}

TEST("a call is recorded with its number, its registers and its result")
{
    fe_handle system = guest_resource("system"), event;
    fe_handle memory = ring_make(CAPACITY);
    EXPECT(memory != FE_NO_HANDLE && fe_event_create(&event) == OK);
    EXPECT(fe_trace_start(system, 1u << TRACE_CALL, FE_NO_HANDLE, 0) == OK);
    uint64_t begin = next(), from = begin, id;
    EXPECT(fe_event_signal(event, 0x1234) == OK);
    EXPECT(fe_event_signal(NO_SUCH_HANDLE, 0x77) == ERR_BAD_HANDLE);
    EXPECT(fe_trace_stop(system) == OK && fe_thread_current(&id) == OK);
    const struct fe_trace_record *call, *end;
    do {
        call = take(&from, TRACE_CALL, id);
    } while (call != nullptr && call->detail != FE_CALL_EVENT_SIGNAL);
    EXPECT(call != nullptr && call->word[0] == event && call->word[1] == 0x1234);
    end = take(&from, TRACE_RETURN, id);
    EXPECT(end != nullptr && end->word[0] == OK && call->counter <= end->counter);
    call = take(&from, TRACE_CALL, id);
    EXPECT(call != nullptr && call->word[1] == 0x77);
    end = take(&from, TRACE_RETURN, id);
    EXPECT(end != nullptr && (int64_t)end->word[0] == ERR_BAD_HANDLE);
    EXPECT(find(begin, TRACE_CALL, FE_CALL_THREAD_CURRENT) == nullptr); // it was off by then
    EXPECT(fe_handle_close(event) == OK);
    ring_drop(memory);
}

static fe_handle channel;

static void serve(void *result)
{
    struct fe_message message = {};
    *(enum status *)result = fe_channel_receive(channel, &message, FE_FOREVER);
    message.label++;
    (void)!fe_channel_reply(channel, &message);
}

TEST("a message is followed from caller to server and back")
{
    static enum status received;
    fe_handle system = guest_resource("system"), session, memory = ring_make(CAPACITY);
    struct fe_message message = {.label = 4711};
    uint64_t revoke, id;
    EXPECT(fe_channel_create(&channel) == OK && memory != FE_NO_HANDLE);
    EXPECT(fe_channel_mint(channel, 99, &session, &revoke) == OK);
    EXPECT(guest_thread(serve, &received, URGENT) == OK); // waits when this one goes on
    EXPECT(fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == OK);
    EXPECT(fe_channel_call(session, &message, guest_limit()) == OK);
    EXPECT(fe_trace_stop(system) == OK && message.label == 4712 && received == OK);
    const struct fe_trace_record *request = find(0, TRACE_REQUEST, 0);
    const struct fe_trace_record *reply = find(0, TRACE_REPLY, 0);
    EXPECT(fe_thread_current(&id) == OK && request != nullptr && reply != nullptr);
    EXPECT(request->word[0] == id && request->word[2] == 4711 && request->word[3] == 99);
    EXPECT(reply->word[0] == id && reply->word[2] == 4712 && reply->word[1] == request->word[1]);
    EXPECT(reply->thread == request->thread && reply->thread != id);
    bool ran = false; // the server, between the two
    for (const struct fe_trace_record *at = request; at < reply; at++) {
        ran = ran || (at->kind == TRACE_SWITCH && at->thread == reply->thread);
    }
    EXPECT(ran && fe_handle_close(session) == OK && fe_handle_close(channel) == OK);
    ring_drop(memory);
}

static void wait_for_bit(void *event)
{
    uint64_t bits;
    (void)!fe_event_wait(*(fe_handle *)event, 2, FE_FOREVER, &bits);
}

TEST("faults, timers and wake-ups are recorded")
{
    enum : size_t { SIZE = 1u << 16 };
    static fe_handle event;
    fe_handle system = guest_resource("system"), memory = ring_make(CAPACITY);
    void *address;
    uint64_t bits;
    EXPECT(memory != FE_NO_HANDLE && fe_event_create(&event) == OK);
    EXPECT(fe_memory_allocate(SIZE, &address) == OK);
    EXPECT(guest_thread(wait_for_bit, &event, URGENT) == OK); // waits when this one goes on
    EXPECT(fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == OK);
    ((volatile uint8_t *)address)[SIZE - 1] = 1;
    EXPECT(fe_event_signal(event, 2) == OK);
    uint64_t due = fe_clock_after(MILLISECOND); // there is a timer however late it is
    EXPECT(fe_event_arm(event, 1, due, 0) == OK);
    EXPECT(fe_event_wait(event, 1, guest_limit(), &bits) == OK);
    EXPECT(fe_trace_stop(system) == OK);
    const struct fe_trace_record *fault = find(0, TRACE_FAULT, FAULT_WRITE);
    const struct fe_trace_record *signal = find(0, TRACE_CALL, FE_CALL_EVENT_SIGNAL);
    EXPECT(fault != nullptr && fault->word[0] == (uintptr_t)address + SIZE - 1);
    EXPECT((int64_t)fault->word[2] == OK && signal != nullptr && signal->word[0] == event);
    bool woken = false, fired = false;
    for (const struct fe_trace_record *at = signal; at < record(next()); at++) {
        woken = woken || (at->kind == TRACE_WAKE && !fired);
        fired = fired || (at->kind == TRACE_TIMER && at->word[0] == due);
    }
    EXPECT(woken && fired && fe_memory_unmap(address, SIZE) == OK && fe_handle_close(event) == OK);
    ring_drop(memory);
}

static volatile bool stop;

static void spin(void *)
{
    while (!stop);
}

TEST("periods, missed deadlines and budgets used up are recorded")
{
    enum : uint64_t { PERIOD = 10 * MILLISECOND };
    fe_handle system = guest_resource("system"), thread, event, memory = ring_make(CAPACITY);
    uint64_t bits;
    const uint64_t kinds = 1u << TRACE_RELEASE | 1u << TRACE_MISS | 1u << TRACE_OVERRUN;
    struct fe_schedule schedule = {
        .priority = URGENT, .period = PERIOD, .budget = PERIOD / 4, .time = guest_resource("time")};
    stop = false;
    EXPECT(memory != FE_NO_HANDLE && fe_thread_spawn(spin, nullptr, 64 << 10, 1, &thread) == OK);
    EXPECT(fe_trace_start(system, kinds, FE_NO_HANDLE, 0) == OK);
    EXPECT(fe_event_create(&event) == OK && fe_thread_schedule(thread, &schedule) == OK);
    EXPECT(fe_thread_deadline_watch(thread, event, 1) == OK);
    for (uint32_t i = 0; i < 2; i++) // the second one has a release before it
        EXPECT(fe_event_wait(event, 1, guest_limit(), &bits) == OK);
    stop = true;
    EXPECT(fe_trace_stop(system) == OK && fe_handle_close(thread) == OK);
    EXPECT(fe_handle_close(event) == OK);
    const struct fe_trace_record *release = find(0, TRACE_RELEASE, 0);
    const struct fe_trace_record *miss = find(0, TRACE_MISS, 0);
    const struct fe_trace_record *overrun = find(0, TRACE_OVERRUN, 0);
    EXPECT(overrun != nullptr && release != nullptr && miss != nullptr && overrun < release);
    EXPECT(release->word[0] == overrun->word[0] && miss->word[0] == overrun->word[0]);
    EXPECT(release->word[2] == release->word[1] + PERIOD && miss->word[1] >= 1);
    ring_drop(memory);
}

TEST("the listener is told when half a ring is new, and the ring goes round")
{
    fe_handle system = guest_resource("system"), event, memory = ring_make(64);
    uint64_t bits, id;
    EXPECT(memory != FE_NO_HANDLE && fe_event_create(&event) == OK);
    EXPECT(fe_trace_start(system, 1u << TRACE_CALL, event, 8) == OK);
    for (uint32_t i = 0; i < 10; i++) EXPECT(fe_thread_current(&id) == OK);
    EXPECT(fe_event_wait(event, 8, 0, &bits) == ERR_TIMED_OUT);
    for (uint32_t i = 0; i < 200; i++) EXPECT(fe_thread_current(&id) == OK);
    EXPECT(fe_event_wait(event, 8, guest_limit(), &bits) == OK && bits == 8);
    EXPECT(fe_trace_stop(system) == OK && next() > 400);
    EXPECT(record(next() - 1)->detail == FE_CALL_TRACE_STOP);
    EXPECT(fe_handle_close(event) == OK);
    ring_drop(memory);
}

TEST("tracing ends with the last handle to the ring, and a new ring takes the old one's place")
{
    fe_handle system = guest_resource("system"), first = ring_make(CAPACITY);
    const struct fe_trace_head *old = head;
    EXPECT(first != FE_NO_HANDLE && fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == OK);
    fe_handle second = ring_make(CAPACITY);
    uint64_t end = old->next, id;
    EXPECT(second != FE_NO_HANDLE && next() == 0); // a fresh one is off
    EXPECT(fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == OK && next() > 0 && old->next == end);
    EXPECT(fe_handle_close(first) == OK); // which is no ring any more
    uint64_t before = next();
    EXPECT(fe_thread_current(&id) == OK && next() > before);
    EXPECT(fe_handle_close(second) == OK);
    uint64_t after = next();
    EXPECT(fe_thread_current(&id) == OK && next() == after);
    EXPECT(fe_trace_start(system, ALL, FE_NO_HANDLE, 0) == ERR_BAD_STATE);
    size_t size = FE_TRACE_RECORDS + CAPACITY * sizeof(struct fe_trace_record);
    EXPECT(fe_memory_unmap((void *)(uintptr_t)old, size) == OK);
    EXPECT(fe_memory_unmap((void *)(uintptr_t)head, size) == OK);
}

int guest_child(const char *role)
{
    fe_handle system = fe_start_handle("system"), memory;
    enum status large = fe_trace_create(system, 0, 1u << 15, &memory);
    return large == ERR_QUOTA ? fe_trace_create(system, 0, CAPACITY, &memory) : 1;
}

TEST("a ring is charged to who makes it")
{
    struct fe_spawn_handle handles[] = {{"image", fe_start_handle("image"), 0, true},
                                        {"system", guest_resource("system"), 0, true}};
    const char *arguments[] = {"trace_test", "ring", nullptr};
    struct fe_spawn options = {.image = fe_start_handle("image"),
                               .arguments = arguments,
                               .handles = handles,
                               .handle_count = 2,
                               .memory_limit = 1u << 20};
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_spawn(&options, &child) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == OK);
    // It is over, and with it its ring.
    EXPECT(fe_trace_start(guest_resource("system"), ALL, FE_NO_HANDLE, 0) == ERR_BAD_STATE);
}
