// SPDX-License-Identifier: MIT
// The way into main() through the C library: the start block becomes the stack image that it
// expects (argc, argv, envp, auxiliary vector). Nothing is opened and nobody is asked here.
#include <abi/start.h>
#include <link.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>
#include <stddef.h>
#include <stdint.h>

// Set by build/user.ld. Hidden, so that each is reached relative to the program: a number looks
// like an address that far from the image's start.
#pragma GCC visibility push(hidden)
extern const char __image_start[], __tls_image_start[], __tls_image_end[];
extern const char __tls_memory_size[], __tls_align[];
#pragma GCC visibility pop

int main(int count, char **arguments, char **environment);
int __libc_start_main(int (*program)(int, char **, char **), int count, char **arguments,
                      void (*initialise)(void), void (*finish)(void), void (*load)(void));

enum : size_t { AUXILIARY = 13 };

// What fenv.h asks for on i386: whether there is a second control register. The compiler was told.
#ifdef __SSE__
enum : uintptr_t { FEATURES = 1 << 25 };
#else
enum : uintptr_t { FEATURES = 0 };
#endif

// What the C library learns about the image: where it is, and its thread-local data.
static ElfW(Phdr) headers[2];

static uintptr_t *add(uintptr_t *at, uintptr_t kind, uintptr_t value)
{
    *at++ = kind;
    *at++ = value;
    return at;
}

static void describe_image(void)
{
    uintptr_t base = (uintptr_t)__image_start;
    headers[0] = (ElfW(Phdr)){.p_type = PT_PHDR, .p_vaddr = (uintptr_t)headers - base};
    headers[1] = (ElfW(Phdr)){
        .p_type = PT_TLS,
        .p_vaddr = (uintptr_t)__tls_image_start - base,
        .p_filesz = (uintptr_t)(__tls_image_end - __tls_image_start),
        .p_memsz = (uintptr_t)__tls_memory_size - base,
        .p_align = (uintptr_t)__tls_align - base,
    };
}

static void add_auxiliary(uintptr_t *at, const struct fe_start *start)
{
    describe_image();
    at = add(at, AT_PHDR, (uintptr_t)headers);
    at = add(at, AT_PHENT, sizeof *headers);
    at = add(at, AT_PHNUM, headers[1].p_memsz == 0 ? 1 : 2);
    at = add(at, AT_PAGESZ, FE_PAGE_SIZE);
    at = add(at, AT_HWCAP, FEATURES);
    at = add(at, AT_RANDOM, (uintptr_t)start->random);
    at = add(at, AT_EXECFN, (uintptr_t)fe_start_argument(0));
    at = add(at, AT_UID, 0);
    at = add(at, AT_EUID, 0);
    at = add(at, AT_GID, 0);
    at = add(at, AT_EGID, 0);
    at = add(at, AT_SECURE, 0);
    add(at, AT_NULL, 0);
}

// The stack image is built on this function's own stack, which is never left.
void fe_program_start(struct fe_start *start)
{
    size_t arguments = start->argument_count, variables = start->environment_count;
    size_t words = 1 + arguments + 1 + variables + 1 + 2 * AUXILIARY;
    uintptr_t *image = __builtin_alloca(words * sizeof *image), *at = image;
    *at++ = arguments;
    for (size_t i = 0; i < arguments; i++) *at++ = (uintptr_t)fe_start_argument((uint32_t)i);
    *at++ = 0;
    for (size_t i = 0; i < variables; i++) *at++ = (uintptr_t)fe_start_environment((uint32_t)i);
    *at++ = 0;
    add_auxiliary(at, start);
    __libc_start_main(main, (int)arguments, (char **)(image + 1), nullptr, nullptr, nullptr);
    __builtin_unreachable();
}
