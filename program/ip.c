// SPDX-License-Identifier: MIT
// ip: shows and sets the network through the files of /net. See ip(1).
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(void)
{
    fputs("usage: ip [address | statistics | connections]\n"
          "       ip dhcp <card>\n"
          "       ip static <card> <address>/<bits> [<gateway>]\n"
          "       ip dns [<address>...]\n"
          "       ip ntp [<address>...]\n",
          stderr);
    return 2;
}

static int complain(const char *path)
{
    fprintf(stderr, "ip: ");
    perror(path);
    return 1;
}

static int show(const char *path)
{
    char buffer[4096];
    int file = open(path, O_RDONLY);
    if (file < 0) return complain(path);
    ssize_t size;
    while ((size = read(file, buffer, sizeof(buffer))) > 0) {
        fwrite(buffer, 1, (size_t)size, stdout);
    }
    close(file);
    return size < 0 ? complain(path) : 0;
}

// The first line of a conversation's file, or "-".
static void read_line(char *line, size_t size, const char *protocol, unsigned number,
                      const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/net/%s/%u/%s", protocol, number, name);
    FILE *file = fopen(path, "r");
    if (file == nullptr || fgets(line, (int)size, file) == nullptr) strcpy(line, "-");
    if (file != nullptr) fclose(file);
    line[strcspn(line, "\n")] = '\0';
}

static void show_protocol(const char *protocol)
{
    char path[64], local[80], remote[80], status[120];
    snprintf(path, sizeof(path), "/net/%s", protocol);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != nullptr && (entry = readdir(folder)) != nullptr) {
        char *end;
        unsigned number = (unsigned)strtoul(entry->d_name, &end, 10);
        if (*end != '\0' || end == entry->d_name) continue;
        read_line(local, sizeof(local), protocol, number, "local");
        read_line(remote, sizeof(remote), protocol, number, "remote");
        read_line(status, sizeof(status), protocol, number, "status");
        printf("%s %u %s %s %s\n", protocol, number, local, remote, status);
    }
    if (folder != nullptr) closedir(folder);
}

static int show_connections(void)
{
    static const char *const protocols[] = {"tcp", "udp", "icmp", "icmpv6"};
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
        show_protocol(protocols[i]);
    return 0;
}

// Writes the words as one command.
static int configure(char **words, int count)
{
    char command[256] = "";
    for (int i = 0; i < count; i++) {
        if (strlen(command) + strlen(words[i]) + 2 > sizeof(command)) return usage();
        if (i != 0) strcat(command, " ");
        strcat(command, words[i]);
    }
    int file = open("/net/ctl", O_WRONLY);
    if (file < 0) return complain("/net/ctl");
    ssize_t size = write(file, command, strlen(command));
    if (size < 0) complain(command);
    close(file);
    return size < 0;
}

int main(int count, char **arguments)
{
    const char *word = count < 2 ? "address" : arguments[1];
    if (count <= 2) {
        if (strncmp(word, "address", strlen(word)) == 0) return show("/net/interfaces");
        if (strncmp(word, "statistics", strlen(word)) == 0) return show("/net/statistics");
        if (strncmp(word, "connections", strlen(word)) == 0) return show_connections();
    }
    bool is_whole = count > 2 && (strcmp(word, "dhcp") == 0 || strcmp(word, "static") == 0);
    bool are_servers = strcmp(word, "dns") == 0 || strcmp(word, "ntp") == 0;
    return is_whole || are_servers ? configure(arguments + 1, count - 1) : usage();
}
