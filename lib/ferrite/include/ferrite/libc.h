// SPDX-License-Identifier: MIT
// The few functions of the C library that lib/ferrite, lib/9p and services without a C library
// stand on. Whatever is linked supplies them: the C library, or lib/plain. The declarations agree
// with <string.h> and <stdlib.h>.
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *text, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
size_t strcspn(const char *text, const char *stop);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strncpy(char *restrict to, const char *restrict from, size_t size);
char *strdup(const char *text);
char *strndup(const char *text, size_t most);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
