// SPDX-License-Identifier: MIT
// Feeds the reader of WAV files with any file. One that it takes has samples that can be played,
// and what it reads next are those.
#include "program/play/wav.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

struct file {
    const uint8_t *at;
    size_t left;
};

static void must(bool condition)
{
    if (!condition) abort();
}

static bool file_read(void *context, void *to, size_t count)
{
    struct file *file = context;
    must(count <= 512); // nothing is read as a whole whose size the file says
    if (count > file->left) return false;
    memcpy(to, file->at, count);
    file->at += count;
    file->left -= count;
    return true;
}

static uint32_t sample_size(const char *format)
{
    if (strcmp(format, "s16") == 0) return 2;
    if (strcmp(format, "s32") == 0 || strcmp(format, "float") == 0) return 4;
    must(strcmp(format, "u8") == 0 || strcmp(format, "alaw") == 0 || strcmp(format, "mulaw") == 0);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct file file = {input, size};
    struct wav wav;
    if (wav_head(&wav, file_read, &file) != nullptr) return 0;
    must(wav.rate > 0 && wav.channels > 0 && wav.channels <= CHANNELS_MOST);
    must(wav.channels * sample_size(wav.format) <= 4 * CHANNELS_MOST);
    must(size - file.left >= 44 && memcmp(file.at - 8, "data", 4) == 0);
    must(wav.size == get32(file.at - 4));
    return 0;
}
