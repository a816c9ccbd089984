// SPDX-License-Identifier: MIT
// The power cut after every single write of a workload: the journal is replayed, the host's e2fsck
// finds nothing wrong, and the files are those of the last commit that was told, or of the one that
// was being made. Also where of the writes since the last flush only some arrived.
#include "test/unit.h"

#include "fake_disk.h"

#include <sys/wait.h>
#include <unistd.h>

enum : size_t {
    DISK_SIZE = 4 << 20,
    NAMES = 12,
    ROUNDS = 130,
    STATES = 2 * ROUNDS,
    SIZE_MAX_FILE = 64 << 10
};

struct content { // of a name; seed 0: there is none
    uint32_t size, seed;
};
struct state { // of the volume, at a commit
    struct content name[NAMES];
    size_t events; // of the disk until then
};

static struct state now, states[STATES];
static size_t state_count;
static struct p9_node *root;

static struct p9_name name_of(size_t i, char text[8])
{
    snprintf(text, 8, "f%zu", i);
    return p9_name_of(text);
}

static uint8_t byte_of(uint32_t seed, size_t at)
{
    return (uint8_t)((at * 31 + at / 256) ^ seed * 77);
}

static bool volume_open(void)
{
    struct file *file;
    if (ext4_open("disk", false) != 0 || file_get(EXT2_ROOT_INO, &file) != 0) return false;
    root = &file->node;
    return true;
}

static struct p9_node *find(size_t i)
{
    char text[8];
    struct p9_node *node = nullptr;
    return directory_lookup(nullptr, root, name_of(i, text), &node) == 0 ? node : nullptr;
}

// --- The workload ---------------------------------------------------------

static bool do_create(size_t i, uint32_t size, uint32_t seed)
{
    char text[8];
    struct p9_creation creation = {.mode = MODE_FILE | 0644};
    struct p9_open open = {};
    uint8_t *bytes = malloc(size + 1);
    for (size_t k = 0; k < size; k++) bytes[k] = byte_of(seed, k);
    bool good = name_create(nullptr, root, name_of(i, text), &creation, &open.node) == 0;
    good = good && content_write(nullptr, &open, 0, bytes, size) == (int64_t)size;
    p9_node_put(open.node);
    free(bytes);
    now.name[i] = (struct content){size, seed};
    return good;
}

static bool do_remove(size_t i)
{
    char text[8];
    struct p9_node *node = find(i);
    bool good = node != nullptr && name_remove(nullptr, root, name_of(i, text), node) == 0;
    p9_node_put(node);
    now.name[i] = (struct content){};
    return good;
}

static bool do_rename(size_t i, size_t k)
{
    char from[8], to[8];
    struct p9_place source = {root, name_of(i, from), find(i)};
    struct p9_place target = {root, name_of(k, to), find(k)};
    bool good = source.node != nullptr && name_rename(nullptr, &source, &target) == 0;
    p9_node_put(source.node);
    p9_node_put(target.node);
    now.name[k] = now.name[i];
    now.name[i] = (struct content){};
    return good;
}

static bool do_cut(size_t i, uint32_t size)
{
    struct p9_node *node = find(i);
    bool good = node != nullptr && content_truncate(nullptr, node, size) == 0;
    p9_node_put(node);
    now.name[i].size = size;
    return good;
}

static bool do_commit(void)
{
    bool good = commit() == 0 && state_count < STATES;
    now.events = disk.count;
    states[state_count++] = now;
    return good;
}

// Each round removes, renames over or cuts what the ones before left, until the journal has gone
// around.
static bool work(void)
{
    bool good = volume_open();
    disk.is_recording = true;
    good = good && do_commit();
    for (uint32_t i = 1; good && i <= ROUNDS; i++) {
        size_t at = i % 4;
        if (now.name[at].seed != 0) good = do_remove(at);
        good = good && do_create(at, i * 5'003 % SIZE_MAX_FILE, i);
        if (i % 3 == 0) good = good && do_rename(at, 4 + i % 2);
        good = good && do_commit();
        if (i % 12 == 2) good = good && do_cut(at, 3) && do_commit();
    }
    disk.is_recording = false;
    return good;
}

// --- After a cut ----------------------------------------------------------

static bool has(size_t i, struct content content)
{
    static uint8_t bytes[SIZE_MAX_FILE];
    struct p9_node *node = find(i);
    if (node == nullptr || content.seed == 0) return node == nullptr && content.seed == 0;
    bool good = node->size == content.size &&
                content_copy(file_of(node), 0, bytes, content.size) == (int64_t)content.size;
    for (size_t k = 0; good && k < content.size; k++) good = bytes[k] == byte_of(content.seed, k);
    p9_node_put(node);
    return good;
}

static bool is_in(const struct state *state)
{
    bool good = true;
    for (size_t i = 0; good && i < NAMES; i++) good = has(i, state->name[i]);
    return good;
}

// In a process of its own, as the service would be started.
static bool recovers(const uint8_t *base, size_t events, unsigned chance)
{
    size_t last = 0;
    while (last + 1 < state_count && states[last + 1].events <= events) last++;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        disk_cut(base, events, chance);
        bool good = volume_open();
        good =
            good && (is_in(&states[last]) || (last + 1 < state_count && is_in(&states[last + 1])));
        // Whoever mounts it next finds it in order, with the journal as it is, and after a commit.
        good = good && commit() == 0;
        good = good && journal_checkpoint(&ext4.journal, &ext4.cache) == 0 && disk_is_clean();
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    if (status != 0) printf("cut after %zu of %zu, chance %u\n", events, disk.count, chance);
    return status == 0;
}

static bool survives_all(const char *options)
{
    disk.size = DISK_SIZE;
    disk.bytes = malloc(DISK_SIZE);
    uint8_t *base = malloc(DISK_SIZE);
    bool good = disk_make(options);
    memcpy(base, disk.bytes, DISK_SIZE);
    good = good && work();
    size_t first = state_count > 0 ? states[0].events : 0;
    const char *every = getenv("CUTS"); // 1: after each write, and thrice in another order
    size_t step = every ? 1 : 41;
    for (size_t at = first; good && at <= disk.count; at += step) {
        good = recovers(base, at, 0) && recovers(base, at, (unsigned)at * 7 + 1);
        if (every) good = good && recovers(base, at, (unsigned)at * 11 + 3);
    }
    printf("%zu writes and flushes, %zu commits\n", disk.count - first, state_count);
    free(base);
    return good;
}

TEST("whatever write is the last before a power cut, the volume is whole and has the last commit")
{
    EXPECT(survives_all("-J size=1 -N 64"));
}
