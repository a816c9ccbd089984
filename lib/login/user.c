// SPDX-License-Identifier: MIT
// Users: /etc/passwd and /etc/group as every Unix has them.
#include <login/user.h>

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

bool user_is_name(const char *text)
{
    if (*text == '\0' || *text == '-') return false;
    for (; *text; text++) {
        if (!isalnum((unsigned char)*text) && strchr("._-", *text) == nullptr) return false;
    }
    return true;
}

bool user_find(const char *name, struct user *user)
{
    const struct passwd *entry = getpwnam(name);
    if (entry == nullptr) return false;
    *user = (struct user){.uid = entry->pw_uid, .gid = entry->pw_gid};
    snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
    snprintf(user->home, sizeof user->home, "%s", entry->pw_dir);
    snprintf(user->shell, sizeof user->shell, "%s", entry->pw_shell);
    gid_t groups[USER_GROUPS_MOST] = {entry->pw_gid};
    int count = USER_GROUPS_MOST;
    if (getgrouplist(name, entry->pw_gid, groups, &count) < 0) // too many, or they cannot be read
        count = count > (int)USER_GROUPS_MOST ? (int)USER_GROUPS_MOST : 1;
    for (int i = 0; i < count; i++) user->groups[i] = groups[i];
    user->group_count = (uint32_t)count;
    return true;
}
