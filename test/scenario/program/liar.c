// SPDX-License-Identifier: MIT
// A hostile server, posted as a file of /srv: see test/scenario/unshare.py. It knows the protocol
// and answers at random: wrong labels, sizes, fids, handles, entries and links, no answer at all,
// two answers, and an end in the middle; the first messages it answers well, to be mounted. Started
// with the file, a seed, and the number of messages after which it ends (0: none).
#include <9p/client.h>
#include <abi/9p_operations.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <names/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { LARGEST = 4096 };
enum : uint64_t { HONEST = 3 };

static uint64_t state;
static fe_handle channel;

static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static size_t put_entry(uint8_t *to, const char *name, size_t size)
{
    struct fe_9p_entry entry = {.qid_path = chance(), .next = chance() % 8, .type = 4};
    entry.name_size = (uint16_t)(chance() % 4 == 0 ? chance() : size);
    memcpy(to, &entry, sizeof entry);
    memcpy(to + sizeof entry, name, size);
    return (sizeof entry + size + 7) & ~(size_t)7;
}

// Names that are none, that lead out, and some that could be.
static size_t put_entries(uint8_t *to)
{
    static const char *const names[] = {"a", "b", "folder", "..", ".", "a/b", "/etc", ""};
    size_t size = 0;
    for (uint64_t i = chance() % 4; i > 0; i--) {
        const char *name = names[chance() % 8];
        size += put_entry(to + size, name, strlen(name));
    }
    return size;
}

static size_t put_attributes(uint8_t *to)
{
    struct fe_9p_attributes attributes = {.mode = chance() % 2 ? 0100644 : 0040755,
                                          .links = 1,
                                          .size = chance() % 3 ? 100 : UINT64_MAX,
                                          .qid_path = chance() % 5};
    memcpy(to, &attributes, sizeof attributes);
    return chance() % 8 ? sizeof attributes : (size_t)(chance() % sizeof attributes);
}

static uint64_t label_of(void)
{
    static const uint64_t labels[] = {ENOENT, EIO, ESTALE, EINTR, FE_9P_LINK, EAGAIN, 1ull << 40};
    return chance() % 3 ? 0 : labels[chance() % 7];
}

static void lie(struct fe_message *message, struct fe_transfer *transfer, uint8_t *data)
{
    static const char *const links[] = {"a", "..", "/etc/passwd", "../../../a", "/tmp/liar/a", ""};
    uint64_t asked = message->label, count = message->word[2], id;
    *message =
        (struct fe_message){.label = label_of(), .token = message->token, .transfer = transfer};
    for (size_t i = 0; i < FE_MESSAGE_WORDS; i++) message->word[i] = chance() % 6 ? i : chance();
    size_t size = 0;
    if (message->label == FE_9P_LINK) {
        const char *link = links[chance() % 6];
        message->word[0] = chance() % 8;
        size = strlen(link);
        memcpy(data, link, size);
    } else if (asked == P9_READDIR) {
        size = put_entries(data);
    } else if (asked == P9_GETATTR) {
        size = put_attributes(data);
    } else if (asked == P9_READ) {
        size = (size_t)(chance() % 2 ? chance() % LARGEST : count % LARGEST);
        message->word[0] = count % 57;
    } else if (chance() % 4 == 0) {
        size = (size_t)(chance() % LARGEST);
    }
    message->word[0] |= asked == P9_OPEN ? (uint64_t)(chance() % 2 ? QID_DIRECTORY : 0) : 0;
    *transfer = (struct fe_transfer){.send = (uintptr_t)data, .send_size = (uint32_t)size};
    bool has_handle = asked == P9_ATTACH || chance() % 16 == 0;
    if (has_handle && fe_channel_mint(channel, 1, &transfer->send_handle[0], &id) == OK)
        transfer->send_handle_count = 1;
}

// A folder.
static void answer_well(struct fe_message *message, struct fe_transfer *transfer, uint8_t *data)
{
    const struct fe_9p_attributes attributes = {.mode = 0040755, .links = 1};
    uint64_t asked = message->label, id;
    *message = (struct fe_message){
        .token = message->token, .word = {QID_DIRECTORY, 1}, .transfer = transfer};
    *transfer = (struct fe_transfer){.send = (uintptr_t)data};
    if (asked == P9_GETATTR) {
        memcpy(data, &attributes, sizeof attributes);
        transfer->send_size = sizeof attributes;
    }
    if (asked == P9_ATTACH && fe_channel_mint(channel, 1, &transfer->send_handle[0], &id) == OK)
        transfer->send_handle_count = 1;
}

static void serve(uint64_t most)
{
    static uint8_t data[LARGEST + 4096], answer[LARGEST];
    for (uint64_t count = 0; most == 0 || count < most; count++) {
        alignas(FE_TRANSFER_ROOM_ALIGN) struct fe_transfer transfer = {
            .receive = (uintptr_t)data,
            .receive_capacity = sizeof data,
            .receive_handle_capacity = FE_MESSAGE_HANDLES};
        struct fe_message message = {.transfer = &transfer};
        if (fe_channel_receive(channel, &message, FE_FOREVER) != OK) continue;
        for (size_t i = 0; i < transfer.received_handle_count; i++)
            fe_handle_drop(&transfer.received_handle[i]);
        if (message.label >= FE_NOTICE) continue;
        if (count < HONEST)
            answer_well(&message, &transfer, answer);
        else
            lie(&message, &transfer, answer);
        if (count >= HONEST && chance() % 256 == 0) continue; // never answered
        uint64_t token = message.token;
        for (uint64_t answers = 1 + chance() % 2; answers > 0; answers--) {
            message.token = token + (chance() % 32 == 0);
            if (fe_channel_reply(channel, &message) != OK) break;
        }
        for (size_t i = 0; i < transfer.send_handle_count; i++)
            fe_handle_drop(&transfer.send_handle[i]);
    }
}

int main(int count, char **arguments)
{
    fe_handle connector;
    uint64_t id;
    if (count != 4) return 2;
    state = strtoull(arguments[2], nullptr, 10) * 0x9e37'79b9'7f4a'7c15 + 1;
    if (fe_channel_create(&channel) != OK || fe_channel_mint(channel, 1, &connector, &id) != OK)
        return 3;
    if (names_post(connector, arguments[1], 0644) != 0) {
        perror(arguments[1]);
        return 1;
    }
    serve(strtoull(arguments[3], nullptr, 10));
    return 0;
}
