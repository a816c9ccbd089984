// SPDX-License-Identifier: MIT
// Frames as others send them, byte by byte; what is cut, too long or of no known type; and every
// message of the table through both directions.
#include "test/unit.h"

#include "attribute.c"
#include "wire.c"

#include <string.h>

static uint8_t frame[8192];

static size_t bytes(const char *text, size_t size)
{
    memcpy(frame, text, size);
    return size;
}
#define BYTES(text) bytes(text, sizeof(text) - 1)

TEST("a version request is read as it is on the wire")
{
    struct wire_message message;
    size_t size = BYTES("\x15\0\0\0\x64\xff\xff\0\0\1\0\x08\0"
                        "9P2000.L");
    EXPECT(size == 0x15);
    EXPECT(wire_decode(frame, size, &message));
    EXPECT(message.type == WIRE_VERSION_OF && message.tag == WIRE_NO_TAG);
    EXPECT(message.number[0] == 65536);
    EXPECT(wire_text_is(message.text[0], WIRE_VERSION));
}

TEST("a walk has its names, and not more than sixteen")
{
    struct wire_message message = {.type = WIRE_WALK, .tag = 3, .number = {1, 2, 16}};
    for (uint32_t i = 0; i < WIRE_NAMES; i++) message.text[i] = wire_text_of("name");
    size_t size = wire_encode(&message, frame, sizeof frame);
    EXPECT(size == WIRE_HEADER + 4 + 4 + 2 + 16 * 6);
    struct wire_message back;
    EXPECT(wire_decode(frame, size, &back));
    EXPECT(back.number[2] == 16 && wire_text_is(back.text[15], "name"));
    frame[WIRE_HEADER + 8] = 17;
    EXPECT(!wire_decode(frame, size, &back));
    message.number[2] = 17;
    EXPECT(wire_encode(&message, frame, sizeof frame) == 0);
}

TEST("a number that does not fit its field is not sent as another one")
{
    struct wire_message message = {.type = WIRE_CLUNK, .number = {1ull << 32}};
    EXPECT(wire_encode(&message, frame, sizeof frame) == 0);
}

// Every field something that it may be.
static void fill(struct wire_message *message)
{
    for (uint32_t i = 0; i < WIRE_NUMBERS; i++) message->number[i] = 1 + i % 7;
    for (uint32_t i = 0; i < WIRE_NAMES; i++) message->text[i] = wire_text_of("text");
    message->data = (const uint8_t *)"data";
    message->size = 4;
}

static void every_message(uint8_t type)
{
    static uint8_t again[8192];
    struct wire_message message = {.type = type, .tag = 9}, back, cut;
    fill(&message);
    size_t size = wire_encode(&message, frame, sizeof frame);
    EXPECT(size >= WIRE_HEADER && wire_size(frame) == size);
    EXPECT(wire_decode(frame, size, &back));
    EXPECT(wire_encode(&back, again, sizeof again) == size);
    EXPECT(memcmp(frame, again, size) == 0);
    for (size_t less = 0; less < size; less++) {
        EXPECT(wire_encode(&back, again, less) == 0);
        memcpy(again, frame, less);
        if (less >= 4) again[0] = (uint8_t)less, again[1] = (uint8_t)(less >> 8);
        bool may_end = type == WIRE_FSYNC && less == WIRE_HEADER + 4;
        EXPECT(wire_decode(again, less, &cut) == may_end);
    }
    frame[size] = 0;
    frame[0]++;
    EXPECT(!wire_decode(frame, size + 1, &cut));
}

TEST("every message goes out and comes back; cut or with a byte more it is none")
{
    uint32_t count = 0;
    for (uint32_t type = 0; type < 256; type++) {
        if (layout_of((uint8_t)type) == nullptr) continue;
        count++;
        EXPECT_ALL(every_message((uint8_t)type));
    }
    EXPECT(count == 61);
}

TEST("a getattr reply has the size that Linux expects")
{
    struct wire_message message = {.type = WIRE_GETATTR + 1};
    EXPECT(wire_encode(&message, frame, sizeof frame) == WIRE_HEADER + 8 + 13 + 3 * 4 + 15 * 8);
    message.type = WIRE_STATFS + 1;
    EXPECT(wire_encode(&message, frame, sizeof frame) == WIRE_HEADER + 4 + 4 + 6 * 8 + 4);
    message.type = WIRE_SETATTR;
    EXPECT(wire_encode(&message, frame, sizeof frame) == WIRE_HEADER + 5 * 4 + 5 * 8);
}

TEST("attributes come back, times to the nanosecond")
{
    struct fe_9p_attributes back, attributes = {
                                      .qid_kind = QID_DIRECTORY | 7ull << 32,
                                      .qid_path = 99,
                                      .mode = MODE_DIRECTORY | 0755,
                                      .uid = 1000,
                                      .gid = 100,
                                      .links = 2,
                                      .size = 1ull << 40,
                                      .block_size = 4096,
                                      .blocks = 8,
                                      .access_time = 1'700'000'000'123'456'789,
                                      .modify_time = 1,
                                      .change_time = 999'999'999,
                                  };
    struct wire_message message = {.type = WIRE_GETATTR + 1};
    wire_attributes_put(&message, &attributes);
    wire_attributes_get(&message, &back);
    EXPECT(memcmp(&attributes, &back, sizeof back) == 0);
}

TEST("a time before 1970 and one past the end of time become the nearest that there is")
{
    struct fe_9p_attributes attributes;
    struct wire_message message = {
        .number = {[ACCESS_TIME] = (uint64_t)-5, [MODIFY_TIME] = 1ull << 62}};
    wire_attributes_get(&message, &attributes);
    EXPECT(attributes.access_time == 0 && attributes.modify_time == UINT64_MAX);
}

TEST("a change says which attributes it means, and whose time")
{
    struct fe_9p_attributes back, attributes = {.mode = 0640, .size = 5, .modify_time = 7};
    struct wire_message message = {.type = WIRE_SETATTR};
    uint32_t valid,
        wish = ATTRIBUTE_MODE | ATTRIBUTE_SIZE | ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_TIME;
    wire_change_put(&message, wish, &attributes);
    EXPECT(wire_change_get(&message, &valid, &back));
    EXPECT(valid == wish && back.mode == 0640 && back.size == 5 && back.modify_time == 7);
    message.number[WISH] |= 1u << 20;
    EXPECT(!wire_change_get(&message, &valid, &back));
}

TEST("names that lead elsewhere are none")
{
    EXPECT(wire_is_name(wire_text_of("a")) && wire_is_name(wire_text_of("...")));
    EXPECT(!wire_is_name(wire_text_of("")) && !wire_is_name(wire_text_of(".")));
    EXPECT(!wire_is_name(wire_text_of("..")) && !wire_is_name(wire_text_of("a/b")));
    EXPECT(!wire_is_name((struct wire_text){"a\0b", 3}));
    char longest[257];
    memset(longest, 'x', sizeof longest);
    EXPECT(wire_is_name((struct wire_text){longest, 255}));
    EXPECT(!wire_is_name((struct wire_text){longest, 256}));
}

TEST("a listing's entry fits or is not there at all")
{
    struct wire_entry back, entry = {QID_DIRECTORY, 1, 2, 3, 4, wire_text_of("folder")};
    size_t size = wire_entry_put(frame, sizeof frame, &entry);
    EXPECT(size == 13 + 8 + 1 + 2 + 6);
    EXPECT(wire_entry_put(frame, size - 1, &entry) == 0);
    EXPECT(wire_entry_put(frame, size, &entry) == size);
    EXPECT(wire_entry_get(frame, size, &back) == size);
    EXPECT(back.next == 3 && wire_text_is(back.name, "folder"));
    for (size_t less = 0; less < size; less++) EXPECT(wire_entry_get(frame, less, &back) == 0);
}
