// SPDX-License-Identifier: MIT
// Users as files: one for each line of /etc/passwd, which tells what that and /etc/group say of the
// user. The tables are read when somebody looks.
#include <9p/client.h>
#include <9p/tree.h>
#include <abi/errno.h>
#include <ferrite/libc.h>

enum : size_t { NAME_MOST = 64 };

struct user { // that has a file
    struct user *next;
    char name[NAME_MOST];
};

static struct p9_node *root;
static struct user *users;

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end == nullptr ? line + strlen(line) : end + 1;
}

static size_t word_size(const char *at, const char *ends)
{
    size_t size = 0;
    while (at[size] != '\0' && strchr(ends, at[size]) == nullptr) size++;
    return size;
}

// The field of that number of a line; empty past the last.
static struct p9_name field(const char *line, uint32_t number)
{
    for (; number > 0; number--) {
        line += word_size(line, ":\n");
        if (*line == ':') line++;
    }
    return (struct p9_name){line, word_size(line, ":\n")};
}

static bool is_same(struct p9_name a, struct p9_name b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static const char *line_find(const char *table, const char *name)
{
    for (; *table != '\0'; table = next_line(table)) {
        if (p9_name_is(field(table, 0), name)) return table;
    }
    return nullptr;
}

// --- A user's file -----------------------------------------------------------------------------

static void print_field(struct p9_text *text, const char *what, struct p9_name value)
{
    p9_print(text, "%s ", what);
    p9_print_bytes(text, value.text, value.size);
    p9_print(text, "\n");
}

static bool is_member(const char *group, const char *name)
{
    struct p9_name members = field(group, 3);
    for (size_t at = 0; at < members.size;) {
        struct p9_name member = {members.text + at, word_size(members.text + at, ",:\n")};
        if (p9_name_is(member, name)) return true;
        at += member.size + 1;
    }
    return false;
}

static void print_groups(struct p9_text *text, const char *groups, const char *name,
                         struct p9_name gid)
{
    p9_print(text, "groups");
    for (; *groups != '\0'; groups = next_line(groups)) {
        if (!is_same(field(groups, 2), gid) && !is_member(groups, name)) continue;
        p9_print(text, " ");
        p9_print_bytes(text, field(groups, 0).text, field(groups, 0).size);
    }
    p9_print(text, "\n");
}

static int user_text(struct p9_request *request, void *context, struct p9_text *text)
{
    static const char *const names[] = {"name", nullptr, "uid", "gid", "person", "home", "shell"};
    const struct user *user = context;
    char *table = p9_read_whole("/etc/passwd"), *groups = p9_read_whole("/etc/group");
    const char *line = table == nullptr ? nullptr : line_find(table, user->name);
    for (uint32_t i = 0; i < sizeof names / sizeof *names && line != nullptr; i++) {
        if (names[i] != nullptr) print_field(text, names[i], field(line, i));
    }
    if (line != nullptr && groups != nullptr)
        print_groups(text, groups, user->name, field(line, 3));
    free(table);
    free(groups);
    return line != nullptr ? 0 : -EIO;
}

// --- The folder --------------------------------------------------------------------------------

static void forget_gone(const char *table)
{
    for (struct user **at = &users; *at != nullptr;) {
        struct user *user = *at;
        if (line_find(table, user->name) != nullptr) {
            at = &user->next;
            continue;
        }
        *at = user->next;
        p9_tree_remove(root, user->name);
        free(user);
    }
}

static bool is_known(struct p9_name name)
{
    for (const struct user *user = users; user != nullptr; user = user->next) {
        if (p9_name_is(name, user->name)) return true;
    }
    return false;
}

static int user_add(struct p9_name name)
{
    struct p9_node *node;
    bool is_name = name.size != 0 && name.size < NAME_MOST && name.text[0] != '.' &&
                   memchr(name.text, '/', name.size) == nullptr;
    if (!is_name || is_known(name)) return 0;
    struct user *user = calloc(1, sizeof *user);
    if (user == nullptr) return -ENOMEM;
    memcpy(user->name, name.text, name.size);
    struct p9_tree_entry entry = {
        .path = user->name, .mode = 0444, .text = user_text, .context = user};
    int result = p9_tree_add(root, &entry, &node);
    if (result != 0) {
        free(user);
        return result;
    }
    user->next = users;
    users = user;
    return 0;
}

// As the table is now.
static int refresh(void)
{
    char *table = p9_read_whole("/etc/passwd");
    if (table == nullptr) return -EIO;
    int result = 0;
    forget_gone(table);
    for (const char *line = table; *line != '\0' && result == 0; line = next_line(line))
        result = user_add(field(line, 0));
    free(table);
    return result;
}

static struct p9_operations folder_operations;
static const struct p9_operations *tree_operations;

static int lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found)
{
    int result = refresh();
    return result != 0 ? result : tree_operations->lookup(request, directory, name, found);
}

static int readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing)
{
    int result = refresh();
    return result != 0 ? result : tree_operations->readdir(request, open, offset, listing);
}

int main(int count, char **arguments)
{
    static struct p9_server server = {.name = "users"};
    if (p9_tree_create(nullptr, 0, &root) != 0) return 2;
    tree_operations = root->operations;
    folder_operations = *tree_operations;
    folder_operations.lookup = lookup;
    folder_operations.readdir = readdir;
    root->operations = &folder_operations;
    server.root = root;
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    p9_serve(&server);
}
