// SPDX-License-Identifier: MIT
// Heads of WAV files, good and malformed.
#include "wav.h"

#include "test/unit.h"
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t left;
};

static bool take(void *context, void *to, size_t count)
{
    struct bytes *bytes = context;
    if (bytes->left < count) return false;
    memcpy(to, bytes->at, count);
    bytes->at += count;
    bytes->left -= count;
    return true;
}

// 44100 frames of two channels of 16 bits; an odd chunk before; four bytes of samples.
static const uint8_t good[] = "RIFF\x40\0\0\0WAVE"
                              "LIST\x03\0\0\0abc\0"
                              "fmt \x10\0\0\0\x01\0\x02\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x10\0"
                              "data\x04\0\0\0\x01\x02\x03\x04";
enum : size_t { GOOD_SIZE = sizeof good - 1, FORMAT_AT = 24 + 8, DATA_AT = GOOD_SIZE - 12 };

static const char *parse(const uint8_t *file, size_t size, struct wav *wav)
{
    struct bytes bytes = {.at = file, .left = size};
    return wav_head(wav, take, &bytes);
}

TEST("a WAV file tells its format, and its samples are next")
{
    struct wav wav;
    struct bytes bytes = {.at = good, .left = GOOD_SIZE};
    EXPECT(wav_head(&wav, take, &bytes) == nullptr);
    EXPECT(wav.rate == 44100 && wav.channels == 2 && wav.size == 4);
    EXPECT(strcmp(wav.format, "s16") == 0);
    EXPECT(bytes.left == 4 && bytes.at[0] == 1);
}

TEST("one that ends anywhere before its samples is told")
{
    struct wav wav;
    for (size_t size = 0; size < DATA_AT + 8; size++) EXPECT(parse(good, size, &wav) != nullptr);
}

TEST("what makes no sense is told")
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *wrong;
    } cases[] = {
        {0, 'X', "it is not a WAV file"},
        {8, 'X', "it is not a WAV file"},
        {FORMAT_AT - 4, 15, "its format chunk is too short"},
        {FORMAT_AT, 2, "its samples have a format that is not known here"},
        {FORMAT_AT + 14, 24, "its samples have a format that is not known here"},
        {FORMAT_AT + 2, 0, "its channels make no sense"},
        {FORMAT_AT + 3, 1, "its channels make no sense"},
        {FORMAT_AT + 12, 3, "its frame size makes no sense"},
        {FORMAT_AT - 8, 'X', "its samples come before their format"},
        {DATA_AT, 'X', "it has no samples"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t file[GOOD_SIZE];
        struct wav wav;
        memcpy(file, good, sizeof file);
        file[cases[i].at] = cases[i].value;
        const char *wrong = parse(file, sizeof file, &wav);
        EXPECT(wrong != nullptr && strcmp(wrong, cases[i].wrong) == 0);
    }
}
