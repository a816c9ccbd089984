// SPDX-License-Identifier: MIT
// A kernel for unit tests: handles, channels with one server run inside of the call, events, and a
// namespace of a few mounts. A call that the server does not answer at once gives ERR_TIMED_OUT;
// what it answers later is counted. The server can die at a message: sessions from before are
// closed then, and fake.died mounts new ones. Notes of sessions stay. For one test program: the
// functions are defined here.
#pragma once

#include <9p/server.h>
#include <abi/9p.h>
#include <abi/syscalls.h>
#include <arch/user/syscall.h>
#include <ferrite/namespace.h>
#include <stdlib.h>
#include <string.h>

struct fake_handle {
    uint32_t type;
    uint64_t badge; // of a session
    uint32_t object, life;
};

struct fake_mount {
    const char *prefix;
    fe_handle session;
};

struct fake_note {
    uint64_t id, badge;
    uint32_t size;
    uint8_t bytes[512];
};

// What a server that is not there answers instead, in `fake.liar`.
struct fake_answer {
    enum status status; // of the call itself; OK: answered
    uint32_t times;     // that the status holds, and is then OK; 0: always
    struct fe_message message;
    uint8_t data[FE_9P_DATA_MAX];
    uint32_t size, handle_count;
};

static struct {
    struct fake_handle handle[256];
    struct p9_server *server;
    struct fe_message *call; // being received
    bool has_notice;
    struct fe_message notice;
    bool is_answered, is_closed;
    struct fe_message answer;
    uint8_t answer_data[FE_9P_DATA_MAX];
    uint32_t answer_size;
    fe_handle answer_handle;
    uint64_t lie; // not zero: the label of every answer
    uint64_t token, late_token, late_label, late_words[FE_MESSAGE_WORDS];
    uint64_t signalled;
    struct fake_mount mount[8];
    uint32_t mount_count, close_count;
    struct fake_note note[32]; // in the order of their sessions
    uint32_t note_count;
    uint32_t life;      // of the server: handles of an earlier one are closed
    uint32_t dies_at;   // the so many-th message from now; 0: never
    bool dies_answered; // having done what it asks
    bool ends;          // with the message that it serves
    void (*died)(void);
    void (*liar)(const struct fe_message *request, struct fake_answer *answer);
    uint32_t interrupts; // of the call that is made, so far
    uint64_t now;        // ns; goes on when it is asked for
} fake;

static fe_handle fake_new(uint32_t type, uint64_t badge)
{
    static uint32_t objects;
    for (fe_handle i = 1; i < 256; i++) {
        if (fake.handle[i].type != OBJECT_NONE) continue;
        fake.handle[i] = (struct fake_handle){type, badge, ++objects, fake.life};
        return i;
    }
    abort();
}

static enum status fake_die(void)
{
    fake.life++;
    fake.ends = false;
    fake.died();
    return ERR_ABANDONED; // it had received the message
}

// As the kernel hands an answer over.
static enum status fake_lie(uint64_t reg[12], struct fe_transfer *transfer)
{
    static struct fake_answer answer;
    const struct fe_message request = {.label = reg[1], .word = {reg[2], reg[3], reg[4], reg[5]}};
    const struct fe_transfer none = {};
    fake.liar(&request, &answer);
    if (answer.status != OK && (answer.times == 0 || fake.interrupts++ < answer.times))
        return answer.status;
    const struct fe_transfer *room = transfer ? transfer : &none;
    if (answer.size > room->receive_capacity || answer.handle_count > room->receive_handle_capacity)
        return ERR_TOO_LARGE;
    reg[1] = answer.message.label;
    memcpy(reg + 2, answer.message.word, sizeof answer.message.word);
    if (transfer == nullptr) return OK;
    if (answer.size != 0) memcpy((void *)transfer->receive, answer.data, answer.size);
    transfer->received_size = answer.size;
    transfer->received_handle_count = (uint8_t)answer.handle_count;
    for (uint32_t i = 0; i < answer.handle_count; i++)
        transfer->received_handle[i] = fake_new(OBJECT_SESSION, 0);
    return OK;
}

static enum status fake_call(uint64_t reg[12])
{
    struct fake_handle *session = &fake.handle[reg[0] & 255];
    struct fe_transfer *transfer = (struct fe_transfer *)reg[11];
    if (fake.liar != nullptr) return fake_lie(reg, transfer);
    if (session->type != OBJECT_SESSION) return ERR_BAD_HANDLE;
    if (fake.is_closed || session->life != fake.life) return ERR_PEER_CLOSED;
    bool dies = fake.dies_at != 0 && --fake.dies_at == 0;
    if (dies && !fake.dies_answered) return fake_die();
    struct fe_message message = {.label = reg[1], .badge = session->badge, .transfer = transfer};
    memcpy(message.word, reg + 2, sizeof message.word);
    message.token = ++fake.token;
    fake.call = &message;
    fake.is_answered = false;
    if (p9_serve_once(fake.server, 0) != OK) abort();
    if (dies || fake.ends) return fake_die();
    if (!fake.is_answered) return ERR_TIMED_OUT;
    reg[1] = fake.lie != 0 ? fake.lie : fake.answer.label;
    memcpy(reg + 2, fake.answer.word, sizeof fake.answer.word);
    if (transfer == nullptr)
        return fake.answer_size == 0 && !fake.answer_handle ? OK : ERR_TOO_LARGE;
    if (fake.answer_size > transfer->receive_capacity) return ERR_TOO_LARGE;
    if (fake.answer_size) {
        memcpy((void *)transfer->receive, fake.answer_data, fake.answer_size);
    }
    transfer->received_size = fake.answer_size;
    transfer->received_handle_count = fake.answer_handle != FE_NO_HANDLE;
    transfer->received_handle[0] = fake.answer_handle;
    return OK;
}

static enum status fake_receive(uint64_t reg[12])
{
    struct fe_transfer *transfer = (struct fe_transfer *)(reg[11] & ~(uint64_t)FE_TRANSFER_ROOM);
    const struct fe_message *message = fake.call;
    if (fake.has_notice) {
        message = &fake.notice;
        fake.has_notice = false;
    } else if (message == nullptr) {
        return ERR_TIMED_OUT;
    }
    reg[1] = message->label;
    memcpy(reg + 2, message->word, sizeof message->word);
    reg[10] = message->badge;
    reg[11] = message->token;
    struct fe_transfer none = {}, *sent = message->transfer ? message->transfer : &none;
    if (sent->send_size) memcpy((void *)transfer->receive, (void *)sent->send, sent->send_size);
    transfer->received_size = sent->send_size;
    transfer->received_handle_count = sent->send_handle_count;
    memcpy(transfer->received_handle, sent->send_handle, sizeof sent->send_handle);
    if (message == fake.call) fake.call = nullptr;
    return OK;
}

static enum status fake_reply(uint64_t reg[12])
{
    bool has_sent = reg[11] != 0 && (reg[11] & FE_TRANSFER_ROOM) == 0;
    struct fe_transfer none = {}, *sent = has_sent ? (struct fe_transfer *)reg[11] : &none;
    if (reg[10] != fake.token || fake.is_answered) {
        fake.late_token = reg[10];
        fake.late_label = reg[1];
        memcpy(fake.late_words, reg + 2, sizeof fake.late_words);
    } else {
        fake.is_answered = true;
        fake.answer.label = reg[1];
        memcpy(fake.answer.word, reg + 2, sizeof fake.answer.word);
    }
    fake.answer_size = sent->send_size;
    if (sent->send_size) memcpy(fake.answer_data, (void *)sent->send, sent->send_size);
    fake.answer_handle = sent->send_handle_count ? sent->send_handle[0] : FE_NO_HANDLE;
    return OK;
}

// The longest prefix; index counts mounts of the same prefix.
static enum status fake_resolve(uint64_t reg[12])
{
    const char *path = (const char *)reg[1];
    size_t best = 0;
    uint32_t index = (uint32_t)reg[3], found = UINT32_MAX, count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < fake.mount_count; i++) {
            size_t size = strlen(fake.mount[i].prefix);
            if (strncmp(path, fake.mount[i].prefix, size) != 0) continue;
            if (size > 1 && path[size] != '/' && path[size] != '\0') continue;
            if (pass == 0 && size > best) best = size;
            if (pass == 1 && size == best) count++;
            if (pass == 1 && size == best && index-- == 0) found = i;
        }
    }
    if (found == UINT32_MAX) return ERR_NOT_FOUND;
    reg[1] = found + 1;
    reg[2] = best;
    reg[3] = count > 1 ? MOUNT_UNION : 0;
    return OK;
}

static enum status fake_note(uint64_t reg[12])
{
    struct fake_note *note = &fake.note[fake.note_count++];
    const struct fake_handle *session = fake.handle;
    if (note == &fake.note[32] || reg[3] > sizeof note->bytes) abort();
    while (session->object != reg[1]) session++;
    *note = (struct fake_note){.id = reg[1], .badge = session->badge, .size = (uint32_t)reg[3]};
    memcpy(note->bytes, (const void *)reg[2], reg[3]);
    return OK;
}

static enum status fake_next_note(uint64_t reg[12])
{
    const struct fake_note *note = fake.note, *end = fake.note + fake.note_count;
    while (note < end && note->id <= reg[1]) note++;
    if (note == end) return ERR_NOT_FOUND;
    memcpy((void *)reg[2], note->bytes, note->size);
    reg[1] = note->id;
    reg[2] = note->badge;
    reg[3] = note->size;
    return OK;
}

static enum status fake_syscall(uint64_t number, uint64_t reg[12])
{
    switch (number) {
    case FE_CALL_HANDLE_CLOSE:
        fake.handle[reg[0] & 255].type = OBJECT_NONE;
        fake.close_count++;
        return OK;
    case FE_CALL_HANDLE_DUPLICATE:
        reg[1] = fake_new(fake.handle[reg[0] & 255].type, fake.handle[reg[0] & 255].badge);
        fake.handle[reg[1]].object = fake.handle[reg[0] & 255].object;
        fake.handle[reg[1]].life = fake.handle[reg[0] & 255].life;
        return OK;
    case FE_CALL_HANDLE_INSPECT:
        *(struct fe_handle_info *)reg[1] = (struct fe_handle_info){
            .id = fake.handle[reg[0] & 255].object, .type = fake.handle[reg[0] & 255].type};
        return OK;
    case FE_CALL_CHANNEL_CREATE: reg[1] = fake_new(OBJECT_CHANNEL, 0); return OK;
    case FE_CALL_CHANNEL_MINT:
        reg[1] = fake_new(OBJECT_SESSION, reg[1]);
        reg[2] = fake.handle[reg[1]].object;
        return OK;
    case FE_CALL_CHANNEL_NOTE: return fake_note(reg);
    case FE_CALL_CHANNEL_NEXT_NOTE: return fake_next_note(reg);
    case FE_CALL_CHANNEL_CALL: return fake_call(reg);
    case FE_CALL_CHANNEL_RECEIVE: return fake_receive(reg);
    case FE_CALL_CHANNEL_REPLY: return fake_reply(reg);
    case FE_CALL_EVENT_CREATE: reg[1] = fake_new(OBJECT_EVENT, 0); return OK;
    case FE_CALL_EVENT_SIGNAL: fake.signalled |= reg[1]; return OK;
    case FE_CALL_NAMESPACE_RESOLVE: return fake_resolve(reg);
    case FE_CALL_NAMESPACE_SESSION:
        reg[1] = fake_new(OBJECT_SESSION, fake.handle[fake.mount[reg[1] - 1].session].badge);
        reg[2] = 0;
        return OK;
    case FE_CALL_CHANNEL_BIND:
    case FE_CALL_FUTEX_WAIT: return OK;
    case FE_CALL_CLOCK_READ: reg[1] = fake.now += 1000 + (fake.liar ? 100'000'000 : 0); return OK;
    default: return ERR_BAD_CALL;
    }
}

void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    reg[0] = (uint64_t)(int64_t)fake_syscall(number, reg);
}

static void fake_narrow(uint64_t number, uint64_t *reg, size_t count)
{
    uint64_t all[12] = {};
    memcpy(all, reg, count * sizeof *reg);
    fe_syscall12(number, all);
    memcpy(reg, all, count * sizeof *reg);
}

void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    fake_narrow(number, reg, 2);
}

void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    fake_narrow(number, reg, 4);
}

void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    fake_narrow(number, reg, 8);
}

static inline void fake_mount_at(const char *prefix, fe_handle connector)
{
    fake.mount[fake.mount_count++] = (struct fake_mount){prefix, connector};
}

static inline void fake_notice(uint64_t label, uint64_t badge, uint64_t word)
{
    fake.notice = (struct fe_message){.label = label, .badge = badge, .word = {word}};
    fake.has_notice = true;
    if (p9_serve_once(fake.server, 0) != OK) abort();
}
