// SPDX-License-Identifier: MIT
// What was changed and not committed when the server ended is told to whoever syncs it, once. What
// init would keep is here; the next server is this program, mounting anew.
// The file itself, so that a test can begin anew like a process.
#include "lost.c"
#include "test/unit.h"

#include "fake_disk.h"

enum : uint32_t { RECORDS = 32, MARK = 8 };

static struct {
    uint64_t is_used;
    uint8_t data[MARK];
} kept[RECORDS];

enum status kept_open(size_t record_size)
{
    return record_size == MARK ? OK : ERR_TOO_LARGE;
}

uint32_t kept_create(const void *data)
{
    uint32_t i = 0;
    while (kept[i].is_used) i++;
    kept[i].is_used = true;
    memcpy(kept[i].data, data, MARK);
    return i + 1;
}

void kept_remove(uint32_t record)
{
    kept[record - 1].is_used = false;
}

const void *kept_next(uint32_t *record)
{
    while (++*record <= RECORDS) {
        if (kept[*record - 1].is_used) return kept[*record - 1].data;
    }
    return nullptr;
}

void kept_finish(void) {}

static uint32_t kept_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < RECORDS; i++) count += kept[i].is_used;
    return count;
}

static struct p9_node *root;

static bool volume_mount(void)
{
    struct file *top;
    bool good = ext4_open("disk", false) == 0 && file_get(EXT2_ROOT_INO, &top) == 0;
    if (good) root = &top->node;
    return good;
}

// What servers had that ended is the system's again; here it is still somebody's.
static struct {
    struct ext4 ext4;
    uint8_t *bytes;
} ended[8];

static void server_ends(void)
{
    static size_t servers;
    ended[servers].ext4 = ext4;
    ended[servers++].bytes = disk.bytes;
    ext4 = (struct ext4){};
    while (lost != nullptr) {
        struct lost *next = lost->next;
        free(lost);
        lost = next;
    }
    count = 0;
    now = 1;
}

static bool volume_make(void)
{
    server_ends();
    memset(kept, 0, sizeof kept);
    disk.size = (size_t)4 << 20;
    disk.bytes = calloc(1, disk.size);
    return disk_make("-J size=1 -N 64") && volume_mount();
}

// The server ends, and the next one begins: its memory is as at first, but for what is kept.
static bool server_dies(void)
{
    server_ends();
    return volume_mount();
}

static struct p9_node *file_make(const char *name)
{
    struct p9_creation creation = {.mode = MODE_FILE | 0644};
    struct p9_node *node = nullptr;
    return name_create(nullptr, root, p9_name_of(name), &creation, &node) == 0 ? node : nullptr;
}

static struct p9_node *file_find(const char *name)
{
    struct p9_node *node = nullptr;
    return directory_lookup(nullptr, root, p9_name_of(name), &node) == 0 ? node : nullptr;
}

static bool file_write(struct p9_node *node)
{
    struct p9_open open = {.node = node};
    return content_write(nullptr, &open, node->size, "lost", 4) == 4;
}

TEST("what the server had not made safe is told once to who syncs it with the next one")
{
    EXPECT(volume_make() && kept_count() == 0);
    struct p9_node *one = file_make("one"), *two = file_make("two");
    EXPECT(one != nullptr && two != nullptr && kept_count() == 3); // and the folder
    EXPECT(commit() == 0 && kept_count() == 0);
    EXPECT(file_write(one) && file_write(one) && kept_count() == 1);
    EXPECT(server_dies());
    one = file_find("one");
    two = file_find("two");
    EXPECT(one->size == 0 && !lost_tell(file_of(two)) && !lost_tell(file_of(root)));
    EXPECT(commit() == 0 && server_dies()); // nobody asked yet
    one = file_find("one");
    EXPECT(lost_tell(file_of(one)) && !lost_tell(file_of(one)) && kept_count() == 0);
}

TEST("a folder whose name is lost is told of, the file that nobody has is not")
{
    EXPECT(volume_make());
    EXPECT(file_make("one") != nullptr && server_dies());
    EXPECT(file_find("one") == nullptr && kept_count() == 1 && lost_tell(file_of(root)));
    struct p9_node *again = file_make("one");
    EXPECT(again != nullptr && commit() == 0 && !lost_tell(file_of(again)) && kept_count() == 0);
}

TEST("of a file that was emptied since nothing is missed")
{
    EXPECT(volume_make());
    struct p9_node *one = file_make("one");
    EXPECT(commit() == 0 && file_write(one) && server_dies());
    one = file_find("one");
    EXPECT(content_truncate(nullptr, one, 0) == 0 && !lost_tell(file_of(one)));
    EXPECT(commit() == 0 && kept_count() == 0);
}
