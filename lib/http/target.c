// SPDX-License-Identifier: MIT
// The target of a request (RFC 9112, section 3.2): a path, or a whole URL as proxies are sent it.

#include "internal.h"
#include <string.h>
#include <strings.h>

static int digit(char letter)
{
    if (letter >= '0' && letter <= '9') return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// One character of a path, and how many of the target it takes; 0: it may not be there.
static size_t decode(struct text target, char *letter)
{
    *letter = *target.at;
    if (*letter <= ' ' || *letter >= 0x7f || *letter == '#' || *letter == '\\') return 0;
    if (*letter != '%') return 1;
    if (target.size < 3) return 0;
    int high = digit(target.at[1]), low = digit(target.at[2]);
    if (high < 0 || low < 0) return 0;
    *letter = (char)(high * 16 + low);
    // A slash that is written so is no separator, and no file's name has one.
    return (unsigned char)*letter < ' ' || *letter == 0x7f || *letter == '/' ? 0 : 3;
}

// A part has ended: those of dots would lead elsewhere.
static bool is_part(const char *path, size_t size)
{
    const char *last = path + size;
    while (last > path && last[-1] != '/') last--;
    size_t length = (size_t)(path + size - last);
    return !(length == 1 && *last == '.') && !(length == 2 && memcmp(last, "..", 2) == 0);
}

static bool without_host(struct text *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    if (target->size > 0 && *target->at == '/') return true;
    for (size_t i = 0; i < 2; i++) {
        size_t size = strlen(schemes[i]);
        if (target->size < size || strncasecmp(target->at, schemes[i], size) != 0) continue;
        const char *path = memchr(target->at + size, '/', target->size - size);
        if (!path) return false;
        target->size -= (size_t)(path - target->at);
        target->at = path;
        return true;
    }
    return false;
}

int target_read(struct text target, char path[HTTP_PATH_MAX])
{
    struct text before;
    size_t made = 0;
    if (!without_host(&target)) return 400;
    if (text_cut(&target, '?', &before)) target = before;
    while (target.size > 0) {
        char letter;
        size_t taken = decode(target, &letter);
        if (taken == 0) return 400;
        target.at += taken;
        target.size -= taken;
        if (letter == '/' && !is_part(path, made)) return 400;
        if (letter == '/' && made > 0 && path[made - 1] == '/') continue;
        if (made == HTTP_PATH_MAX - 1) return 414;
        path[made++] = letter;
    }
    if (!is_part(path, made)) return 400;
    path[made] = '\0';
    return 200;
}
