// SPDX-License-Identifier: MIT
// Makes the accounts of an image: lines of name:hash, as /etc/secret/shadow has them.
//     passwd NAME                      asks for a password, twice at a terminal, and prints
//     NAME:HASH passwd --check ACCOUNTS USERS    prints ACCOUNTS when login can use each of its
//     lines and USERS,
//                                      the image's /etc/passwd, has all their names
// A hash of ! or * locks the account.
#include <support/file.h>

#include <crypto/argon2.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

static bool is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && (i == 0 || !strchr("._-", name[i]))) return false;
    }
    return length > 0 && length < 64;
}

// One line from the terminal without echo, or from whatever the input is.
static void ask(const char *prompt, char *answer, size_t size)
{
    struct termios usual, silent;
    bool is_terminal = tcgetattr(0, &usual) == 0;
    if (is_terminal) {
        silent = usual;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(0, TCSAFLUSH, &silent);
        fputs(prompt, stderr);
    }
    bool is_given = fgets(answer, (int)size, stdin) != nullptr;
    if (is_terminal) {
        tcsetattr(0, TCSAFLUSH, &usual);
        fputc('\n', stderr);
    }
    if (!is_given) complain("no password is given");
    if (strlen(answer) == size - 1) complain("the password is longer than login reads");
    answer[strcspn(answer, "\n")] = '\0';
    if (answer[0] == '\0') complain("an empty password is no password");
}

static void account_print(const char *name)
{
    char password[256], again[sizeof password], hash[PASSWORD_HASH_SIZE];
    uint8_t salt[PASSWORD_SALT_SIZE];
    if (!is_name(name, strlen(name))) complain("'%s' is not a name", name);
    ask("password: ", password, sizeof password);
    if (isatty(0)) {
        ask("once more: ", again, sizeof again);
        if (strcmp(password, again) != 0) complain("they differ");
        explicit_bzero(again, sizeof again);
    }
    if (getrandom(salt, sizeof salt, 0) != sizeof salt) complain("the system has no randomness");
    bool is_made = password_hash(hash, password, salt, password_cost_usual);
    explicit_bzero(password, sizeof password);
    if (!is_made) complain("out of memory");
    printf("%s:%s\n", name, hash);
}

// Whether a line of /etc/passwd begins with the name.
static bool is_user(const char *users, const char *name, size_t length)
{
    for (const char *line = users; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, length) && line[length] == ':') return true;
    }
    return false;
}

// A hash, or what locks an account.
static bool is_usable(const char *hash)
{
    return !strcmp(hash, "!") || !strcmp(hash, "*") ||
           (strlen(hash) < PASSWORD_HASH_SIZE && password_is_hash(hash));
}

static void accounts_check(const char *path, const char *users_path)
{
    struct file accounts = file_read(path), users = file_read(users_path);
    char *rest = (char *)accounts.bytes, *line;
    for (int number = 1; (line = strsep(&rest, "\n")); number++) {
        if (!*line || *line == '#') continue;
        size_t length = strcspn(line, ":");
        if (line[length] != ':' || !is_name(line, length))
            complain("%s:%d: name:hash is expected", path, number);
        if (!is_usable(line + length + 1))
            complain("%s:%d: not an Argon2id hash; make one with: passwd %.*s", path, number,
                     (int)length, line);
        if (!is_user((char *)users.bytes, line, length))
            complain("%s:%d: %s has no user %.*s", path, number, users_path, (int)length, line);
        puts(line);
    }
}

int main(int count, char **arguments)
{
    tool_name = "passwd";
    if (count == 4 && !strcmp(arguments[1], "--check"))
        accounts_check(arguments[2], arguments[3]);
    else if (count == 2 && arguments[1][0] != '-')
        account_print(arguments[1]);
    else
        complain("usage: passwd NAME | passwd --check ACCOUNTS USERS");
    return 0;
}
