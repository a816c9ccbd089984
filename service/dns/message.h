// SPDX-License-Identifier: MIT
// Messages of DNS (RFC 1035, 4.1): questions are written, answers are read. What a server says is
// taken only as far as it answers the question: the records of the name that was asked, and of
// those that it is an alias of. They are written anew into a message of our own.
#pragma once

#include "name.h"

enum record_type : uint16_t {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
};

enum : size_t {
    HEADER_SIZE = 12,
    QUESTION_MOST = HEADER_SIZE + NAME_MOST + 4,
    ANSWER_MOST = 0x4000, // so that each byte of it can be pointed to
};
enum : uint32_t {
    LINKS_MOST = 16, // aliases of aliases
    TTL_MOST = 86'400,
    NEGATIVE_TTL_MOST = 3 * 3600, // RFC 2308, section 5
};
enum : uint8_t { CODE_OK = 0, CODE_FAILED = 2, CODE_NO_NAME = 3 }; // of answers

struct question {
    struct name name;
    uint16_t type; // of the class IN
};

// What is known of a question, over one message or several, when aliases lead on.
struct answer {
    struct question question;
    struct name last; // what is to be asked next: the name itself, or what it is an alias of
    size_t last_at;   // where that name is in `bytes`
    uint32_t links, ttl;
    uint16_t count; // records
    size_t size;
    uint8_t *bytes; // a message, as large as it is; malloc'ed
};

enum outcome : uint32_t {
    OUTCOME_WRONG,     // no answer to this question: to be passed over
    OUTCOME_FOUND,     // records, or aliases and records
    OUTCOME_NO_NAME,   // there is no such name
    OUTCOME_NO_DATA,   // there is, without such records
    OUTCOME_MORE,      // an alias: `last` is to be asked for
    OUTCOME_TRUNCATED, // to be asked for by a stream
    OUTCOME_FAILED,    // the server does not know, or does not want to
    OUTCOME_NO_WAY,    // there is no server, or no way to one
    OUTCOME_NO_RANDOM, // no numbers that nobody guesses, by which answers are known
};

// The question in its wire form. Gives its size; `to` has QUESTION_MOST bytes.
size_t question_write(const struct name *name, uint16_t type, uint16_t id, uint8_t *to);
// Reads a message with one question of the class IN, and its id. False: it is something else.
bool question_read(const uint8_t *bytes, size_t size, uint16_t *id, struct question *question);

// Of zeros, or one that was begun already. False: no memory.
bool answer_begin(struct answer *answer, const struct question *question);
void answer_fini(struct answer *answer);
// Reads what a server sent to the question for `last` of this id.
enum outcome answer_read(struct answer *answer, uint16_t id, const uint8_t *bytes, size_t size);
// Completes the header.
void answer_end(struct answer *answer, uint8_t code);

struct record {
    struct name owner;
    uint16_t type, class;
    uint32_t ttl;
    size_t ttl_at, data_at, data_size;
};

// The record at `*at`, which then is after it. False: broken.
bool record_read(const uint8_t *bytes, size_t size, size_t *at, struct record *record);
// Where the records of a message of our own begin, and how many there are.
size_t records_begin(const uint8_t *bytes, size_t size, uint32_t *count);
