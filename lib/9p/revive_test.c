// SPDX-License-Identifier: MIT
// Tests of connectors that outlive their server: where they lead with the next one, and for whom
// the names on the way are looked up.
#include "client_internal.h"
#include "fake_kernel.h"
#include "server_internal.h"
#include "test/unit.h"

enum : uint32_t { USER = 1000, LOOKUPS_MOST = 8, SERVERS_MOST = 16 };

// Everything is the same folder; who looks up what is recorded.
static struct {
    char name[16];
    uint32_t uid;
} lookups[LOOKUPS_MOST];
static uint32_t lookup_count;

static int folder_lookup(struct p9_request *request, struct p9_node *folder, struct p9_name name,
                         struct p9_node **found)
{
    if (lookup_count == LOOKUPS_MOST || name.size >= sizeof lookups[0].name) return -ENOENT;
    memcpy(lookups[lookup_count].name, name.text, name.size);
    lookups[lookup_count].name[name.size] = '\0';
    lookups[lookup_count++].uid = request->identity->uid;
    p9_node_get(folder);
    *found = folder;
    return 0;
}

static const struct p9_operations folder_operations = {.lookup = folder_lookup};
static struct p9_node folder = {
    .operations = &folder_operations, .references = 1, .mode = MODE_DIRECTORY | 0555, .path = 1};
static struct p9_server servers[SERVERS_MOST];
static uint32_t server_count;
static fe_handle connector; // of user 0

static bool serve(void)
{
    struct p9_server *server = &servers[server_count++];
    *server = (struct p9_server){.name = "test", .root = &folder};
    if (p9_server_init(server) != OK) return false;
    server->state->is_kept = true;
    fake.server = server;
    return true;
}

static bool start(void)
{
    fake.note_count = lookup_count = 0;
    return serve() && p9_connector(fake.server, nullptr, 0, 0, &connector) == OK;
}

// The next server, which knows of the first one nothing but the notes.
static bool end_and_start(void)
{
    lookup_count = 0;
    memset(lookups, 0, sizeof lookups);
    return serve() && connections_revive(fake.server) == OK;
}

static fe_handle attached(fe_handle to, const char *path)
{
    fe_handle made = FE_NO_HANDLE;
    return session_attach(to, path, strlen(path), &made) == 0 ? made : FE_NO_HANDLE;
}

static fe_handle bound(fe_handle to)
{
    const struct p9_user user = {.uid = USER, .gid = USER};
    fe_handle made = FE_NO_HANDLE;
    return p9_identify(to, &user, &made) == 0 ? made : FE_NO_HANDLE;
}

static bool was(uint32_t index, const char *name, uint32_t uid)
{
    return strcmp(lookups[index].name, name) == 0 && lookups[index].uid == uid;
}

TEST("what user 0 looked up before it gave a session away is looked up for user 0 again")
{
    EXPECT(start());
    fe_handle given = bound(attached(connector, "a/b"));
    EXPECT(end_and_start());
    EXPECT(attached(given, "c") != FE_NO_HANDLE);
    EXPECT(lookup_count == 3 && was(0, "a", 0) && was(1, "b", 0) && was(2, "c", USER));
}

TEST("what a user looked up is looked up for the user again, below what was given as well")
{
    EXPECT(start());
    fe_handle own = attached(bound(connector), "a/b");
    fe_handle below = attached(attached(bound(attached(connector, "c")), "d"), "e/f");
    EXPECT(end_and_start());
    EXPECT(attached(own, "") != FE_NO_HANDLE);
    EXPECT(lookup_count == 2 && was(0, "a", USER) && was(1, "b", USER));
    EXPECT(attached(below, "") != FE_NO_HANDLE && lookup_count == 6);
    EXPECT(was(2, "c", 0) && was(3, "d", USER) && was(4, "e", USER) && was(5, "f", USER));
}

TEST("a session that outlives two servers is what it was")
{
    EXPECT(start());
    fe_handle given = attached(bound(attached(connector, "a")), "b");
    EXPECT(end_and_start());
    fe_handle more = attached(given, "c");
    EXPECT(end_and_start());
    EXPECT(attached(more, "") != FE_NO_HANDLE && lookup_count == 3);
    EXPECT(was(0, "a", 0) && was(1, "b", USER) && was(2, "c", USER));
}

TEST("user 0's own is user 0's from end to end, and a folder that nothing leads to needs no name")
{
    EXPECT(start());
    fe_handle own = attached(attached(connector, "a"), "b/c");
    fe_handle whole = bound(connector);
    EXPECT(end_and_start());
    EXPECT(attached(whole, "") != FE_NO_HANDLE && lookup_count == 0);
    EXPECT(attached(own, "") != FE_NO_HANDLE && lookup_count == 3);
    EXPECT(was(0, "a", 0) && was(1, "b", 0) && was(2, "c", 0));
}

TEST("a note that says of more names than it has that user 0 looked them up leads nowhere")
{
    EXPECT(start());
    fe_handle given = bound(attached(connector, "a"));
    for (uint32_t i = 0; i < fake.note_count; i++)
        if (fake.note[i].badge == fake.handle[given].badge) fake.note[i].size--;
    EXPECT(end_and_start());
    EXPECT(attached(given, "") == FE_NO_HANDLE && lookup_count == 0);
}
