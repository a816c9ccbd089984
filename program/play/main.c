// SPDX-License-Identifier: MIT
// play: plays a WAV file, or bare samples. See play(1).
#include "wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum : size_t { BLOCK = 16 * 1024 };

static const char *device = "/dev/audio0";
static const char *name = "standard input";

static int tell(const char *what, const char *wrong)
{
    fprintf(stderr, "play: %s: %s\n", what, wrong);
    return 1;
}

static int device_open(const char *file, int flags)
{
    char path[256];
    int length = snprintf(path, sizeof path, "%s/%s", device, file);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, flags | O_CLOEXEC);
}

static bool read_exactly(void *context, void *to, size_t count)
{
    return fread(to, 1, count, context) == count;
}

// One setting; tells which one the device does not take.
static bool set(int ctl, const char *line)
{
    if (write(ctl, line, strlen(line)) >= 0) return true;
    fprintf(stderr, "play: %s: %s: %s\n", device, line, strerror(errno));
    return false;
}

static bool settings_set(const struct wav *wav)
{
    char line[64];
    int ctl = device_open("ctl", O_WRONLY);
    if (ctl < 0) {
        tell(device, strerror(errno));
        return false;
    }
    bool is_set = true;
    if (wav->format != nullptr) {
        snprintf(line, sizeof line, "format %s", wav->format);
        is_set = set(ctl, line);
    }
    if (is_set && wav->channels != 0) {
        snprintf(line, sizeof line, "channels %u", (unsigned)wav->channels);
        is_set = set(ctl, line);
    }
    if (is_set && wav->rate != 0) {
        snprintf(line, sizeof line, "rate %u", (unsigned)wav->rate);
        is_set = set(ctl, line);
    }
    close(ctl);
    return is_set;
}

static bool write_all(int to, const char *from, size_t count)
{
    while (count != 0) {
        ssize_t done = write(to, from, count);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        from += done;
        count -= (size_t)done;
    }
    return true;
}

// Plays `size` bytes; UINT64_MAX: all there are.
static int samples_play(FILE *from, int data, uint64_t size)
{
    static char block[BLOCK];
    while (size != 0) {
        size_t want = size < sizeof block ? (size_t)size : sizeof block;
        size_t got = fread(block, 1, want, from);
        if (!write_all(data, block, got)) return tell(device, strerror(errno));
        if (ferror(from)) return tell(name, strerror(errno));
        if (size != UINT64_MAX) size -= got;
        if (got < want) break;
    }
    if (fsync(data) != 0) return tell(device, strerror(errno));
    return size == UINT64_MAX || size == 0 ? 0 : tell(name, "it ends before its samples do");
}

static int play(FILE *from, bool is_raw, struct wav *wav)
{
    if (is_raw) {
        wav->size = UINT64_MAX;
    } else {
        const char *wrong = wav_head(wav, read_exactly, from);
        if (wrong != nullptr) return tell(name, ferror(from) ? strerror(errno) : wrong);
    }
    int data = device_open("data", O_WRONLY);
    if (data < 0) return tell(device, strerror(errno));
    if (!settings_set(wav)) return 1;
    return samples_play(from, data, wav->size);
}

static bool number(const char *text, uint32_t *to)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || value == 0 || value > 10'000'000) return false;
    *to = (uint32_t)value;
    return true;
}

static int usage(void)
{
    fputs("usage: play [-d DEVICE] [-b] [-r RATE] [-c CHANNELS] [-f FORMAT] [FILE]\n", stderr);
    return 2;
}

int main(int count, char **arguments)
{
    struct wav wav = {};
    bool is_raw = false;
    for (int letter; (letter = getopt(count, arguments, "d:br:c:f:")) != -1;) {
        switch (letter) {
        case 'd': device = optarg; break;
        case 'b': is_raw = true; break;
        case 'f': wav.format = optarg; break;
        case 'r':
            if (!number(optarg, &wav.rate)) return usage();
            break;
        case 'c':
            if (!number(optarg, &wav.channels)) return usage();
            break;
        default: return usage();
        }
    }
    if (count - optind > 1) return usage();
    if (!is_raw && (wav.format != nullptr || wav.rate != 0 || wav.channels != 0)) return usage();
    FILE *from = stdin;
    if (optind < count) {
        name = arguments[optind];
        from = fopen(name, "rb");
        if (from == nullptr) return tell(name, strerror(errno));
    }
    return play(from, is_raw, &wav);
}
