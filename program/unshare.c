// SPDX-License-Identifier: MIT
// unshare: runs a program in a namespace of its own, which the options make, confined to its own
// processes, and as another user when user 0 says so. See unshare(1).
#include <9p/client.h>
#include <9p/mount.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <grp.h>
#include <login/user.h>
#include <names/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char options[] = "+ek:d:b:f:nu:";
static fe_handle outside, made; // the namespace that it comes from, and the new one
static struct user user;        // whose the program is to be; without a name: whose it was

static int usage(void)
{
    fputs("usage: unshare [-e] [-k path] [-d path] [-b old=new] [-f file] [-n] [-u user]... "
          "program [argument]...\n",
          stderr);
    return 2;
}

static int fail(const char *what)
{
    fprintf(stderr, "unshare: %s: %m\n", what);
    return 1;
}

static int answer(int result, const char *what)
{
    if (result == 0) return 0;
    errno = -result;
    return fail(what);
}

// What is at `old` outside is at `new` inside.
static int add(const char *old, const char *new)
{
    struct p9_parts parts;
    static char from[FE_PATH_MAX], to[FE_PATH_MAX]; // stacks are small on some machines
    if (names_path(old, from) != 0) return fail(old);
    if (names_path(new, to) != 0) return fail(new);
    p9_namespace_set(outside);
    int result = p9_parts_find(from, &parts);
    p9_namespace_set(made);
    if (result == 0) result = p9_parts_mount(&parts, to, MOUNT_REPLACE);
    p9_parts_free(&parts);
    return answer(result, old);
}

// A root in which nothing is, so that there is one.
static int add_root(void)
{
    struct p9_parts parts;
    int result = p9_parts_find("/dev/empty", &parts);
    p9_namespace_set(made);
    if (result == 0) result = p9_parts_mount(&parts, "/", MOUNT_REPLACE);
    p9_namespace_set(FE_NO_HANDLE);
    p9_parts_free(&parts);
    return result == -ENOENT ? 0 : answer(result, "/");
}

static bool is_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    if (size == 1) return true;
    return strncmp(path, folder, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

// Takes away each mount that `is_meant`; the number of them, or -1 and errno.
static int take(bool (*is_meant)(const struct p9_mount_entry *entry, const char *what),
                const char *what)
{
    struct p9_mounts mounts;
    int count = 0, result = p9_mounts_read(made, &mounts);
    for (size_t i = 0; i < mounts.count && result == 0; i++) {
        const struct p9_mount_entry *entry = &mounts.entry[i];
        if (!is_meant(entry, what)) continue;
        enum status status =
            fe_namespace_unmount(made, entry->path, strlen(entry->path), entry->mount);
        if (status != OK) result = -fe_status_errno(status);
        count++;
    }
    p9_mounts_free(&mounts);
    if (result == 0) return count;
    errno = -result;
    return -1;
}

static bool is_below(const struct p9_mount_entry *entry, const char *path)
{
    return is_in(entry->path, path);
}

static int drop(const char *name)
{
    char path[FE_PATH_MAX];
    if (names_path(name, path) != 0) return fail(name);
    int count = take(is_below, path);
    if (count > 0) return 0;
    if (count < 0) return fail(name);
    fprintf(stderr, "unshare: %s: nothing is mounted there: say with -k what is to stay\n", path);
    return 1;
}

static bool is_of_network(const char *path)
{
    return is_in(path, "/net") || is_in(path, "/srv/ip") || strncmp(path, "/dev/ether", 10) == 0 ||
           strncmp(path, "/srv/ether", 10) == 0;
}

static bool is_network(const struct p9_mount_entry *entry, const char *)
{
    return is_of_network(entry->path) || is_of_network(entry->source);
}

static int run_file(const char *name)
{
    unsigned line = 0;
    const struct names_place place = {.from = outside, .to = made};
    char *text = nullptr;
    size_t size = 0;
    FILE *file = fopen(name, "re");
    if (file == nullptr || getdelim(&text, &size, '\0', file) < 0) {
        if (file != nullptr && feof(file)) errno = EINVAL; // it is empty
        if (file != nullptr) fclose(file);
        return fail(name);
    }
    fclose(file);
    int result = names_run(text, &place, &line);
    free(text);
    if (result == 0) return 0;
    fprintf(stderr, "unshare: %s: line %u: %m\n", name, line);
    return 1;
}

static bool is_within(const struct p9_mount_entry *entry, const char *path)
{
    return is_in(entry->path, path) && strcmp(entry->path, path) != 0;
}

// What was mounted below the place goes, too: the name service below /net is another service than
// the part of the network that is bound there. All is below the root, and stays.
static int bind(char *words)
{
    char path[FE_PATH_MAX], *new = strchr(words, '=');
    if (new == nullptr) return usage();
    *new ++= '\0';
    if (names_path(new, path) != 0) return fail(new);
    if (strcmp(path, "/") != 0 && take(is_within, path) < 0) return fail(new);
    return add(words, new);
}

static int find_user(const char *name)
{
    if (user_find(name, &user)) return 0;
    fprintf(stderr, "unshare: %s: no such user\n", name);
    return 1;
}

// All that is in the namespace is the user's from here on, and so is the process.
static int become_user(void)
{
    const struct p9_user who = {user.uid, user.gid, user.groups, user.group_count};
    fe_handle bound;
    char *failed;
    if (names_new(&bound) != 0) return fail("namespace");
    int result = p9_mounts_identify(made, &who, bound, &failed);
    if (result != 0) return answer(result, failed != nullptr ? failed : "namespace");
    fe_handle_drop(&made);
    made = bound;
    bool is_done = setgroups(user.group_count, user.groups) == 0 && setgid(user.gid) == 0 &&
                   setuid(user.uid) == 0;
    return is_done ? 0 : fail(user.name);
}

// From here on other processes cannot be named, nor signalled.
static int confine(void)
{
    struct p9_control wish = {.request = CONTROL_PROCESS_CONFINE};
    struct p9_file *own = p9_root_of_handle(fe_start_handle("process"));
    if (own == nullptr) return 0; // there is no process service that could be asked
    int result = p9_control(own, &wish);
    p9_close(own);
    return answer(result, "processes");
}

// A new one is empty from the first option on that asks for that.
static int begin(int count, char **arguments)
{
    bool is_new = false;
    int option;
    while ((option = getopt(count, arguments, options)) != -1) {
        if (option == '?') return usage();
        is_new = is_new || option == 'e' || option == 'k' || option == 'f';
    }
    if (optind == count) return usage();
    optind = 1;
    outside = fe_namespace_self();
    if ((is_new ? names_new(&made) : names_clone(&made)) != 0) return fail("namespace");
    return is_new ? add_root() : 0;
}

static int run_option(int option)
{
    switch (option) {
    case 'k': return add(optarg, optarg);
    case 'd': return drop(optarg);
    case 'b': return bind(optarg);
    case 'f': return run_file(optarg);
    case 'n': return take(is_network, nullptr) < 0 ? fail("network") : 0;
    case 'u': return find_user(optarg);
    default: return 0;
    }
}

int main(int count, char **arguments)
{
    int option, result = begin(count, arguments);
    while (result == 0 && (option = getopt(count, arguments, options)) != -1) {
        result = run_option(option);
        p9_namespace_set(FE_NO_HANDLE);
    }
    if (result == 0 && user.name[0] != '\0') result = become_user();
    if (result == 0) result = confine();
    if (result != 0) return result;
    names_enter(made);
    execvp(arguments[optind], arguments + optind);
    result = fail(arguments[optind]);
    return errno == ENOENT ? 127 : result + 125;
}
