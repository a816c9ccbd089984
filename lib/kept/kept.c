// SPDX-License-Identifier: MIT
// One page has the head: what the records are, where they are, and the record that is being
// written. Records lie in memory objects that double in size and never move. A record is first
// written to the head; from the moment when the head says so it counts, and whoever comes next
// finishes the copy. Only the order of the stores matters, as no other CPU looks at them meanwhile.
#include <abi/errno.h>
#include <abi/keep.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <kept/kept.h>

enum : uint32_t { MAGIC = 0x6b707430, FIRST = 1, CHUNKS = 20 };

struct head {
    uint32_t magic;
    uint32_t record_size; // with struct record
    uint32_t chunk_count;
    uint32_t number;
    uint32_t chunk[CHUNKS]; // numbers of memory objects; each is twice as large as the one before
    uint32_t written;       // the record that `draft` is for; 0: none
    uint32_t draft_is_used;
    uint8_t draft[KEPT_RECORD_MAX];
};
static_assert(sizeof(struct head) <= FE_PAGE_SIZE);

struct record {
    uint32_t is_used;
    uint32_t zero;
    uint8_t data[];
};

static struct head *head; // nullptr: nothing is kept
static uint8_t *chunks[CHUNKS];
static fe_handle keeper;
static uint32_t hint = 1; // where a free record may be
static bool is_old;

// --- The keeper --------------------------------------------------------------------------------

static enum status ask(uint64_t request, uint64_t *word, struct fe_transfer *transfer)
{
    struct fe_message message = {.label = request, .word = {*word}, .transfer = transfer};
    TRY(fe_channel_call(keeper, &message, FE_UNINTERRUPTED));
    *word = message.word[0];
    return message.label == 0 ? OK : ERR_NOT_FOUND;
}

uint32_t kept_put(fe_handle handle)
{
    uint64_t number = 0;
    struct fe_transfer transfer = {.send_handle_count = 1};
    if (keeper == FE_NO_HANDLE) return 0;
    if (fe_handle_copy(handle, &transfer.send_handle[0]) != OK) return 0;
    return ask(KEEP_PUT, &number, &transfer) == OK ? (uint32_t)number : 0;
}

void kept_drop(uint32_t number)
{
    uint64_t word = number;
    if (number == 0 || keeper == FE_NO_HANDLE) return;
    enum status status = ask(KEEP_DROP, &word, nullptr);
    (void)status; // it is not there
}

enum status kept_take(uint32_t number, fe_handle *handle)
{
    uint64_t word = number;
    struct fe_transfer transfer = {.receive_handle_capacity = 1};
    if (number == 0 || keeper == FE_NO_HANDLE) return ERR_NOT_FOUND;
    TRY(ask(KEEP_TAKE, &word, &transfer));
    if (transfer.received_handle_count != 1) return ERR_NOT_FOUND;
    *handle = transfer.received_handle[0];
    return OK;
}

void kept_finish(void)
{
    uint64_t word = 0;
    if (keeper == FE_NO_HANDLE) return;
    enum status status = ask(KEEP_FINISH, &word, nullptr);
    (void)status;
}

// --- Memory ------------------------------------------------------------------------------------

static enum status memory_map(fe_handle memory, size_t size, void **address)
{
    return fe_memory_map(memory, 0, size, MAP_READ | MAP_WRITE, address);
}

static enum status memory_make(size_t size, uint32_t *number, void **address)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    TRY(fe_memory_create(size, 0, &memory));
    TRY(memory_map(memory, size, address));
    *number = kept_put(memory);
    if (*number != 0) return OK;
    TRY(fe_memory_unmap(*address, size));
    return ERR_NO_MEMORY;
}

static enum status memory_find(uint32_t number, size_t size, void **address)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    TRY(kept_take(number, &memory));
    return memory_map(memory, size, address);
}

static size_t chunk_size(uint32_t index)
{
    return (size_t)FE_PAGE_SIZE << index;
}

static uint32_t chunk_records(uint32_t index)
{
    return (uint32_t)(chunk_size(index) / head->record_size);
}

// Records are numbered through all chunks, from 1 on.
static struct record *record_at(uint32_t number)
{
    uint32_t at = number - 1;
    for (uint32_t i = 0; i < head->chunk_count; i++) {
        if (at < chunk_records(i))
            return (struct record *)(void *)(chunks[i] + (size_t)at * head->record_size);
        at -= chunk_records(i);
    }
    return nullptr;
}

static enum status chunk_add(void)
{
    uint32_t index = head->chunk_count;
    void *address;
    if (index == CHUNKS) return ERR_NO_MEMORY;
    TRY(memory_make(chunk_size(index), &head->chunk[index], &address));
    chunks[index] = address;
    __atomic_store_n(&head->chunk_count, index + 1, __ATOMIC_RELEASE);
    return OK;
}

// --- Records -----------------------------------------------------------------------------------

static void draft_finish(void)
{
    struct record *record = head->written == 0 ? nullptr : record_at(head->written);
    if (record != nullptr) {
        size_t size = head->record_size - sizeof *record;
        if (head->draft_is_used != 0) memcpy(record->data, head->draft, size);
        __atomic_store_n(&record->is_used, head->draft_is_used, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&head->written, 0, __ATOMIC_RELEASE);
}

static void change(uint32_t number, const void *data)
{
    head->draft_is_used = data != nullptr;
    if (data != nullptr) memcpy(head->draft, data, head->record_size - sizeof(struct record));
    __atomic_store_n(&head->written, number, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    draft_finish();
}

uint32_t kept_create(const void *data)
{
    if (head == nullptr) return 0;
    const struct record *record = record_at(hint);
    while (record != nullptr && record->is_used) record = record_at(++hint);
    if (record == nullptr && chunk_add() != OK) return 0;
    change(hint, data);
    return hint++;
}

void kept_write(uint32_t number, const void *data)
{
    if (number != 0) change(number, data);
}

void kept_remove(uint32_t number)
{
    if (number == 0) return;
    change(number, nullptr);
    if (number < hint) hint = number;
}

const void *kept_next(uint32_t *number)
{
    if (head == nullptr) return nullptr;
    const struct record *record = record_at(++*number);
    while (record != nullptr && !record->is_used) record = record_at(++*number);
    return record == nullptr ? nullptr : record->data;
}

uint32_t *kept_number(void)
{
    return head == nullptr ? nullptr : &head->number;
}

bool kept_is_old(void)
{
    return is_old;
}

// --- Beginning ---------------------------------------------------------------------------------

static enum status chunks_find(void)
{
    for (uint32_t i = 0; i < head->chunk_count; i++) {
        void *address;
        TRY(memory_find(head->chunk[i], chunk_size(i), &address));
        chunks[i] = address;
    }
    return OK;
}

// What was put first is the head.
enum status kept_open(size_t record_size)
{
    void *address;
    uint32_t number;
    uint32_t size = (uint32_t)((sizeof(struct record) + record_size + 7) & ~(size_t)7);
    if (size > KEPT_RECORD_MAX) return ERR_TOO_LARGE;
    keeper = fe_start_handle("keeper");
    if (keeper == FE_NO_HANDLE) return OK;
    enum status status = memory_find(FIRST, sizeof *head, &address);
    if (status == OK) {
        head = address;
        is_old = head->magic == MAGIC && head->record_size == size && chunks_find() == OK;
        if (is_old) draft_finish();
    } else {
        status = memory_make(FE_PAGE_SIZE, &number, &address);
        if (status == OK) head = address;
    }
    if (status != OK || is_old) return status;
    *head = (struct head){.record_size = size};
    __atomic_store_n(&head->magic, MAGIC, __ATOMIC_RELEASE);
    return OK;
}
