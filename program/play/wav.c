// SPDX-License-Identifier: MIT
// The head of a WAV file. Chunks that are not known are passed over; whatever their size claims is
// only ever read, never kept.
#include "wav.h"

#include <string.h>

enum : uint32_t {
    FORMAT_LEAST = 16, // bytes of the chunk
    FORMAT_MOST = 40,
    PCM = 1,
    FLOAT = 3,
    A_LAW = 6,
    MU_LAW = 7,
    EXTENSIBLE = 0xfffe,
    SUBFORMAT_AT = 24,
    CHANNELS_MOST = 32,
};

struct source {
    bool (*read)(void *context, void *to, size_t count);
    void *context;
};

static uint32_t get16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | get16(at + 2) << 16;
}

static bool pass_over(const struct source *source, uint64_t size)
{
    uint8_t block[512];
    while (size != 0) {
        size_t part = size < sizeof block ? (size_t)size : sizeof block;
        if (!source->read(source->context, block, part)) return false;
        size -= part;
    }
    return true;
}

static const char *format_of(uint32_t tag, uint32_t bits)
{
    if (tag == PCM && bits == 8) return "u8";
    if (tag == PCM && bits == 16) return "s16";
    if (tag == PCM && bits == 32) return "s32";
    if (tag == FLOAT && bits == 32) return "float";
    if (tag == A_LAW && bits == 8) return "alaw";
    if (tag == MU_LAW && bits == 8) return "mulaw";
    return nullptr;
}

static const char *format_read(struct wav *wav, const struct source *source, uint32_t size)
{
    uint8_t chunk[FORMAT_MOST] = {};
    if (size < FORMAT_LEAST) return "its format chunk is too short";
    uint32_t part = size < FORMAT_MOST ? size : FORMAT_MOST;
    if (!source->read(source->context, chunk, part) ||
        !pass_over(source, (uint64_t)(size - part) + (size & 1)))
        return "it ends in its format chunk";
    uint32_t tag = get16(chunk), bits = get16(chunk + 14);
    if (tag == EXTENSIBLE) {
        if (size < FORMAT_MOST) return "its format chunk is too short";
        tag = get16(chunk + SUBFORMAT_AT);
    }
    wav->channels = get16(chunk + 2);
    wav->rate = get32(chunk + 4);
    wav->format = format_of(tag, bits);
    if (wav->format == nullptr) return "its samples have a format that is not known here";
    if (wav->channels == 0 || wav->channels > CHANNELS_MOST) return "its channels make no sense";
    if (wav->rate == 0) return "its rate makes no sense";
    if (get16(chunk + 12) != wav->channels * bits / 8) return "its frame size makes no sense";
    return nullptr;
}

const char *wav_head(struct wav *wav, bool (*read)(void *context, void *to, size_t count),
                     void *context)
{
    const struct source source = {.read = read, .context = context};
    uint8_t head[12];
    *wav = (struct wav){};
    if (!read(context, head, sizeof head) || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + 8, "WAVE", 4) != 0)
        return "it is not a WAV file";
    for (;;) {
        uint8_t chunk[8];
        if (!read(context, chunk, sizeof chunk)) return "it has no samples";
        uint32_t size = get32(chunk + 4);
        if (memcmp(chunk, "data", 4) == 0) {
            wav->size = size;
            return wav->format == nullptr ? "its samples come before their format" : nullptr;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            const char *wrong = format_read(wav, &source, size);
            if (wrong != nullptr) return wrong;
        } else if (!pass_over(&source, (uint64_t)size + (size & 1))) {
            return "it ends in a chunk";
        }
    }
}
