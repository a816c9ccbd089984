// SPDX-License-Identifier: MIT
// Hearing of changes: when /net/changes is asked, and when it is known without that there was none.
#include "test/unit.h"

#include <abi/errno.h>
#include <dial/dial.h>
#include <string.h>

enum : uint64_t { BITS = 4, OTHERS = 3 };
enum : fe_handle { EVENT = 7 };

// The file: what a poll and a read give, and how often there was one.
static struct {
    int error, ready; // an error of opening it; of a poll, until something is read
    const char *text;
    unsigned opened, closed, polled;
    uint64_t bits; // that the event gets
} changes;
static struct p9_file file;
static struct dial_watch watch;

int p9_open(const char *path, uint32_t flags, uint32_t mode, struct p9_file **to)
{
    if (changes.error != 0) return changes.error;
    if (strcmp(path, "/net/changes") != 0 || (flags & OPEN_NONBLOCK) == 0) return -EINVAL;
    changes.opened++;
    *to = &file;
    return 0;
}

int p9_close(struct p9_file *unused)
{
    changes.closed++;
    return 0;
}

int p9_poll(struct p9_file *unused, uint32_t events, fe_handle event, uint64_t bits)
{
    changes.polled++;
    if (changes.ready == 0 && event == EVENT) changes.bits = bits;
    return changes.ready;
}

int64_t p9_read(struct p9_file *unused, uint64_t offset, void *to, size_t count)
{
    size_t size = strlen(changes.text);
    memcpy(to, changes.text, size);
    if (size > 0) changes.ready = 0;
    return (int64_t)size;
}

static void change(const char *text)
{
    changes.ready = READY_READ;
    changes.text = text;
}

static bool changed(void)
{
    return dial_changed(&watch, EVENT, BITS);
}

static void begin(void)
{
    watch = (struct dial_watch){};
    memset(&changes, 0, sizeof changes);
    change("settled\n");
}

TEST("there is a change at first, and then none until the event was signalled for one")
{
    begin();
    EXPECT(changed() && !watch.is_coming && changes.bits == BITS && changes.opened == 1);
    unsigned polled = changes.polled;
    change("coming\n");
    EXPECT(!changed());
    dial_signalled(&watch, OTHERS);
    EXPECT(!changed() && changes.polled == polled);
    dial_signalled(&watch, OTHERS | BITS);
    EXPECT(changed() && watch.is_coming);
    polled = changes.polled;
    EXPECT(!changed() && changes.polled == polled && changes.opened == 1);
}

TEST("who asks now hears of a change that the event was not told of yet, once")
{
    begin();
    EXPECT(changed());
    change("coming\n");
    EXPECT(dial_changed_now(&watch, EVENT, BITS) && watch.is_coming);
    EXPECT(!dial_changed_now(&watch, EVENT, BITS));
    dial_signalled(&watch, BITS);
    EXPECT(!changed());
}

TEST("a signal without a change is none, and the next is heard of")
{
    begin();
    EXPECT(changed());
    dial_signalled(&watch, BITS);
    EXPECT(!changed());
    change("settled\n");
    dial_signalled(&watch, BITS);
    EXPECT(changed());
}

TEST("a file that is not there, or breaks, is opened again with the next call")
{
    begin();
    changes.error = -ENOENT;
    EXPECT(!changed() && !watch.is_armed);
    changes.error = 0;
    EXPECT(changed() && changes.opened == 1);
    changes.ready = -EIO; // the service is gone
    dial_signalled(&watch, BITS);
    EXPECT(changed() && watch.file == nullptr && changes.opened == changes.closed);
    change("settled\n");
    EXPECT(changed() && watch.is_armed);
    change(""); // of the file that was: the new one has it again
    dial_signalled(&watch, BITS);
    EXPECT(changed() && watch.file == nullptr && changes.opened == changes.closed);
}
