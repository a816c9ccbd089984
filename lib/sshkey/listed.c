// SPDX-License-Identifier: MIT
// Files of keys: a key on each line, as its kind, its bytes in base 64, and a comment.
#include "reader.h"

struct line {
    const char *at, *end;
};

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r';
}

static struct line next_word(struct line *line)
{
    while (line->at < line->end && is_blank(*line->at)) line->at++;
    struct line word = {line->at, line->at};
    while (word.end < line->end && !is_blank(*word.end)) word.end++;
    line->at = word.end;
    return word;
}

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    if (letter == '+') return 62;
    return letter == '/' ? 63 : -1;
}

// Whether the word is exactly these bytes in base 64 (RFC 4648, section 4).
static bool is_coded(struct line word, struct sshkey_bytes bytes)
{
    size_t at = 0;
    uint32_t bits = 0, count = 0;
    size_t length = (size_t)(word.end - word.at);
    if (length != (bytes.size + 2) / 3 * 4) return false;
    while (length > 0 && word.at[length - 1] == '=') length--;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(word.at[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        if (at == bytes.size || bytes.data[at++] != (uint8_t)(bits >> count)) return false;
        bits &= (1u << count) - 1;
    }
    return at == bytes.size && bits == 0;
}

static bool is_line_of(struct line line, struct sshkey_bytes kind, struct sshkey_bytes key)
{
    struct line name = next_word(&line), code = next_word(&line);
    return (size_t)(name.end - name.at) == kind.size &&
           memcmp(name.at, kind.data, kind.size) == 0 && is_coded(code, key);
}

bool sshkey_is_listed(const char *text, size_t size, struct sshkey_bytes key)
{
    const char *end = text + size;
    struct reader reader = reader_of(key);
    struct sshkey_bytes kind = read_string(&reader);
    if (reader.is_bad || kind.size == 0) return false;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (stop == nullptr) stop = end;
        if (is_line_of((struct line){text, stop}, kind, key)) return true;
        if (stop == end) break;
        text = stop + 1;
    }
    return false;
}
