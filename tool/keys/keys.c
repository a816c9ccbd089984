// SPDX-License-Identifier: MIT
// Makes keys, and the C source that builds trust roots into the kernel.
//     keys [--release] FOLDER
//         makes system.{key,root} and application.{key,root} if they are missing, and brings what
//         development roots allow up to this tool's tables; those say what they are, and a release
//         does not take them
//     keys --roots OUT.c FOLDER [VERSION]
//         from every *.root in FOLDER, in the order of their names; with VERSION it is a release's
// `system` may entitle an image to anything; `application` to no resource, 256 MiB and priority 24.
#include <support/file.h>
#include <support/key.h>

#include <abi/object.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t all_objects = (1u << OBJECT_TYPE_COUNT) - 2; // OBJECT_NONE is none
static const uint32_t all_resources = (1u << RESOURCE_KIND_COUNT) - 1;

static void pair_make(const char *folder, const char *name, struct root_file root)
{
    char *public = key_path(folder, name, ".root"), *private = key_path(folder, name, ".key");
    struct root_file old;
    if (!access(public, F_OK)) {
        root_read(public, &old);
        memcpy(root.root.key, old.root.key, sizeof root.root.key);
        if (!old.development || !root.development) return;
        root_write(public, &root);
        if (utimensat(AT_FDCWD, private, nullptr, 0)) complain("%s cannot be touched", private);
    } else {
        struct secret secret;
        secret_create(private, &secret);
        memcpy(root.root.key, secret.key, sizeof root.root.key);
        root_write(public, &root);
        explicit_bzero(&secret, sizeof secret);
    }
    free(public);
    free(private);
}

static void root_print(FILE *stream, const struct trust_root *root)
{
    fprintf(stream, "    {{");
    for (int i = 0; i < 32; i++)
        fprintf(stream, "%s0x%02x,", i % 16 ? " " : "\n        ", root->key[i]);
    fprintf(stream, "\n    }, 0x%x, 0x%x, %lluu, %u},\n", root->object_kinds, root->resource_kinds,
            (unsigned long long)root->memory_ceiling, root->priority_ceiling);
}

// Nothing that a C string or a file's name could not hold.
static void version_check(const char *version)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_";
    size_t length = strlen(version);
    if (length == 0 || length > 31 || strspn(version, letters) != length)
        complain("a version is 1 to 31 letters, digits and .-+_, not '%s'", version);
}

static void roots_write(const char *path, const char *folder, const char *version)
{
    glob_t found;
    if (glob(key_path(folder, "*", ".root"), 0, nullptr, &found))
        complain("%s: there is no trust root", folder);
    if (version) version_check(version);
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) complain("out of memory");
    fprintf(stream,
            "// SPDX-License-Identifier: MIT\n// The trust roots of this kernel.\n"
            "#include \"kernel/object/trust.h\"\n\nconst struct trust_root trust_roots[] = {\n");
    bool development = false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct root_file root;
        root_read(found.gl_pathv[i], &root);
        if (version && root.development)
            complain("%s is a development key. A release needs its own: make keys KEYS=folder",
                     found.gl_pathv[i]);
        root_print(stream, &root.root);
        development |= root.development;
    }
    fprintf(stream,
            "};\nconst uint32_t trust_root_count = %zu;\nconst bool trust_is_development = %s;\n"
            "const bool trust_is_release = %s;\nconst char trust_version[] = \"%s\";\n",
            found.gl_pathc, development ? "true" : "false", version ? "true" : "false",
            version ? version : "development");
    fclose(stream);
    file_write(path, text, size, 0644);
}

int main(int count, char **arguments)
{
    tool_name = "keys";
    bool is_release = count == 3 && !strcmp(arguments[1], "--release");
    if (count >= 4 && count <= 5 && !strcmp(arguments[1], "--roots")) {
        roots_write(arguments[2], arguments[3], count == 5 ? arguments[4] : nullptr);
        return 0;
    }
    if (count != 2 + is_release || (!is_release && arguments[1][0] == '-'))
        complain("usage: keys [--release] FOLDER | keys --roots OUT.c FOLDER [VERSION]");
    const char *folder = arguments[1 + is_release];
    mkdir(folder, is_release ? 0700 : 0755);
    struct trust_root system = {.object_kinds = all_objects,
                                .resource_kinds = all_resources,
                                .priority_ceiling = PRIORITY_COUNT - 1};
    struct trust_root application = {.object_kinds = all_objects & ~(1u << OBJECT_RESOURCE),
                                     .memory_ceiling = 256u << 20,
                                     .priority_ceiling = 24};
    pair_make(folder, "system", (struct root_file){system, !is_release});
    pair_make(folder, "application", (struct root_file){application, !is_release});
    return 0;
}
