// SPDX-License-Identifier: MIT
// Many questions at a time, to a server that answers when the test wants it. The files of net(4),
// the clock and the kernel are this test.
#include "test/unit.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <arch/user/syscall.h>
#include <dial/dial.h>
#include <ferrite/clock.h>
#include <ferrite/entropy.h>
#include <ferrite/memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "wire.h"

enum : uint32_t { MANY = 2000, MOST = 1024, LIMIT = 8 << 20 };

// What is being asked, by the conversation that it is asked in.
static struct conversation {
    struct p9_file file;
    bool is_open, is_answered;
    size_t size;
    uint8_t question[QUESTION_MOST];
} conversations[MANY];
static uint32_t open_count, changes;
static uint64_t next_id;
static bool is_due; // answers come
struct p9_server server;

static struct conversation *conversation_of(struct p9_file *file)
{
    return (struct conversation *)file;
}

int dial(const char *protocol, const char *address, struct p9_file **control, struct p9_file **data)
{
    if (strcmp(protocol, "udp") != 0 || strcmp(address, "10.0.0.1!53") != 0) return -EINVAL;
    uint32_t i = 0;
    while (i < MANY && conversations[i].is_open) i++;
    if (i == MANY) return -ENOMEM;
    conversations[i] = (struct conversation){.is_open = true};
    *control = nullptr;
    *data = &conversations[i].file;
    open_count++;
    return 0;
}

bool dial_changed(struct dial_watch *watch, fe_handle event, uint64_t bits)
{
    return false;
}

bool dial_changed_now(struct dial_watch *watch, fe_handle event, uint64_t bits)
{
    return false;
}

void dial_signalled(struct dial_watch *watch, uint64_t bits) {}

int p9_close(struct p9_file *file)
{
    if (file == nullptr) return 0;
    conversation_of(file)->is_open = false;
    open_count--;
    return 0;
}

int64_t p9_write(struct p9_file *file, uint64_t offset, const void *from, size_t count)
{
    memcpy(conversation_of(file)->question, from, count);
    conversation_of(file)->size = count;
    return (int64_t)count;
}

// The address 192.0.2.1.
int64_t p9_read(struct p9_file *file, uint64_t offset, void *to, size_t count)
{
    static const uint8_t record[] = {0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    struct conversation *from = conversation_of(file);
    if (!is_due || from->is_answered) return -EAGAIN;
    from->is_answered = true;
    memcpy(to, from->question, from->size);
    put16((uint8_t *)to + 2, FLAG_ANSWER);
    put16((uint8_t *)to + 6, 1);
    memcpy((uint8_t *)to + from->size, record, sizeof record);
    return (int64_t)(from->size + sizeof record);
}

int p9_poll(struct p9_file *file, uint32_t events, fe_handle event, uint64_t bits)
{
    return 0;
}

char *p9_read_whole(const char *path)
{
    return strdup("nameserver 10.0.0.1\n");
}

bool fe_entropy(void *data, size_t size)
{
    next_id++;
    memcpy(data, &next_id, size);
    return true;
}

uint64_t fe_clock_monotonic(void)
{
    return 1;
}

uint64_t fe_clock_after(uint64_t time)
{
    return 1 + time;
}

fe_handle fe_process_self(void)
{
    return 1;
}

static enum status called(uint64_t number, const uint64_t *reg)
{
    if (number != FE_CALL_PROCESS_INSPECT) return OK;
    *(struct fe_process_info *)reg[1] = (struct fe_process_info){.memory_limit = LIMIT};
    return OK;
}

#define CALLED(size)                                                                               \
    void fe_syscall##size(uint64_t number, uint64_t reg[size])                                     \
    {                                                                                              \
        reg[0] = (uint64_t)called(number, reg);                                                    \
    }
CALLED(2)
CALLED(4)
CALLED(8)
CALLED(12)

void resolve_changed(void)
{
    changes++;
}

static int ask(uint32_t number)
{
    char text[32];
    const struct cache_entry *entry;
    struct question question = {.type = TYPE_A};
    int size = snprintf(text, sizeof text, "host%u.example", (unsigned)number);
    if (!name_parse(text, (size_t)size, &question.name)) return -EINVAL;
    int result = resolve(&question, &entry);
    return result == 0 && entry->outcome != OUTCOME_FOUND ? -EIO : result;
}

TEST("a thousand questions are asked at a time, each once, by an id and a conversation of its own")
{
    for (uint32_t i = 0; i < MOST; i++) EXPECT(ask(i) == P9_LATER);
    for (uint32_t i = 0; i < MOST; i++) EXPECT(ask(i) == P9_LATER);
    resolve_run();
    EXPECT(open_count == MOST && changes == 0);
    static bool is_used[UINT16_MAX + 1];
    for (uint32_t i = 0; i < MOST; i++) {
        uint16_t id = get16(conversations[i].question);
        EXPECT(conversations[i].size > HEADER_SIZE && !is_used[id]);
        is_used[id] = true;
    }
}

TEST("more than memory is there for are refused, until some are answered")
{
    EXPECT(ask(MOST) == -EBUSY && open_count == MOST);
    EXPECT(ask(0) == P9_LATER); // of those that are asked
    is_due = true;
    resolve_run();
    EXPECT(open_count == 0 && changes == MOST);
    for (uint32_t i = 0; i < MOST; i++) EXPECT(ask(i) == 0);
    is_due = false;
    EXPECT(ask(MOST) == P9_LATER && open_count == 1);
    is_due = true;
    resolve_run();
    EXPECT(ask(MOST) == 0 && open_count == 0);
}
