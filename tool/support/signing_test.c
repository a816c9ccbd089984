// SPDX-License-Identifier: MIT
// The command line of the tools that sign, with keys made for the test.
#include "test/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/file.h>
#include <support/signing.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/ferrite-signing-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s.key", folder, name);
    return path;
}

// A folder with the secrets `system` and `other`; the same one for all tests.
static const struct secret *keys(bool other)
{
    static struct secret secrets[2];
    static bool is_made;
    if (is_made) return &secrets[other];
    is_made = mkdtemp(folder) != nullptr;
    secret_create(path_of("system"), &secrets[0]);
    secret_create(path_of("other"), &secrets[1]);
    return &secrets[other];
}

static void keys_remove(void)
{
    unlink(path_of("system"));
    unlink(path_of("other"));
    rmdir(folder);
}

static bool is_same(const struct signing *signing, const struct secret *secret)
{
    return memcmp(&signing->secret, secret, sizeof *secret) == 0;
}

// What the tool ends with when it is called so.
static int ends_with(char **arguments)
{
    int count = 0, status = -1;
    while (arguments[count]) count++;
    pid_t pid = fork();
    if (pid == 0) {
        struct signing signing;
        fclose(stderr);
        signing_read(count, arguments, "IN OUT", &signing);
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST("the secret is system's in the folder of keys, unless another is named")
{
    struct signing signing;
    const struct secret *usual = keys(false), *other = keys(true);
    char *named[] = {"sign", "-n", "other", "-k", folder, "in", "out", nullptr};
    signing_read(7, named, "IN OUT", &signing);
    EXPECT(is_same(&signing, other) && strcmp(signing.in, "in") == 0);
    EXPECT(strcmp(signing.out, "out") == 0);
    EXPECT(setenv("KEYS", folder, 1) == 0);
    char *plain[] = {"sign", "a", "b", nullptr};
    signing_read(3, plain, "IN OUT", &signing);
    EXPECT(is_same(&signing, usual) && strcmp(signing.in, "a") == 0);
}

TEST("anything else is refused")
{
    keys(false);
    EXPECT(setenv("KEYS", folder, 1) == 0);
    EXPECT(ends_with((char *[]){"sign", "in", "out", nullptr}) == 0);
    EXPECT(ends_with((char *[]){"sign", "in", nullptr}) == 1);
    EXPECT(ends_with((char *[]){"sign", "in", "out", "more", nullptr}) == 1);
    EXPECT(ends_with((char *[]){"sign", "-x", "in", "out", nullptr}) == 1);
    EXPECT(ends_with((char *[]){"sign", "-n", "nobody", "in", "out", nullptr}) == 1);
    keys_remove();
}
