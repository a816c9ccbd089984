// SPDX-License-Identifier: MIT
// Names of files, as requests have them: bytes with a size.
#include <9p/server.h>
#include <ferrite/libc.h>

struct p9_name p9_name_of(const char *text)
{
    return (struct p9_name){.text = text, .size = strlen(text)};
}

bool p9_name_is(struct p9_name name, const char *text)
{
    size_t at = 0; // most differ at once
    while (at < name.size && text[at] != '\0' && text[at] == name.text[at]) at++;
    return at == name.size && text[at] == '\0';
}

// FNV-1a.
uint32_t p9_name_hash(struct p9_name name)
{
    uint32_t hash = 2'166'136'261;
    for (size_t i = 0; i < name.size; i++) hash = (hash ^ (uint8_t)name.text[i]) * 16'777'619;
    return hash;
}
