// SPDX-License-Identifier: MIT
// Makes development keys, and the C source that builds trust roots into the kernel.
//     keys FOLDER                  makes system.{key,root} and application.{key,root} if they are
//     missing keys --roots OUT.c FOLDER    from every *.root in FOLDER, in the order of their names
// `system` may entitle an image to anything; `application` to no resource, 256 MiB and priority 24.
#include <support/file.h>
#include <support/key.h>

#include <abi/object.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t all_objects = (1u << OBJECT_TYPE_COUNT) - 2; // OBJECT_NONE is none
static const uint32_t all_resources = (1u << RESOURCE_KIND_COUNT) - 1;

static void pair_make(const char *folder, const char *name, struct trust_root root)
{
    char *public = key_path(folder, name, ".root"), *private = key_path(folder, name, ".key");
    if (access(public, F_OK)) {
        struct secret secret;
        secret_create(private, &secret);
        memcpy(root.key, secret.key, sizeof root.key);
        root_write(public, &(struct root_file){root, true});
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

static void roots_write(const char *path, const char *folder)
{
    glob_t found;
    if (glob(key_path(folder, "*", ".root"), 0, nullptr, &found))
        complain("%s: there is no trust root", folder);
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
        root_print(stream, &root.root);
        development |= root.development;
    }
    fprintf(stream,
            "};\nconst uint32_t trust_root_count = %zu;\nconst bool trust_is_development = %s;\n",
            found.gl_pathc, development ? "true" : "false");
    fclose(stream);
    file_write(path, text, size, 0644);
}

int main(int count, char **arguments)
{
    tool_name = "keys";
    if (count == 4 && !strcmp(arguments[1], "--roots")) {
        roots_write(arguments[2], arguments[3]);
        return 0;
    }
    if (count != 2) complain("usage: keys FOLDER | keys --roots OUT.c FOLDER");
    mkdir(arguments[1], 0755);
    pair_make(arguments[1], "system",
              (struct trust_root){.object_kinds = all_objects,
                                  .resource_kinds = all_resources,
                                  .priority_ceiling = PRIORITY_COUNT - 1});
    pair_make(arguments[1], "application",
              (struct trust_root){.object_kinds = all_objects & ~(1u << OBJECT_RESOURCE),
                                  .memory_ceiling = 256u << 20,
                                  .priority_ceiling = 24});
    return 0;
}
