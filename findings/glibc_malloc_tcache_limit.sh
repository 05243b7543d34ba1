#!/usr/bin/env bash
# glibc's malloc has a cache for each thread, which needs no lock; but by default it takes blocks of
# at most 1,032 bytes (`glibc.malloc.tcache_max`, on 64 bits). A packet of 1,500 bytes is above that
# limit: each malloc and each free of it works on the arena instead.
#
# Seen:     glibc 2.36: a pair of 1,500 bytes, or of 1,033, takes 2.7 to 4.4 times as long as one of
#           1,032 (four runs on a busy machine; each is the median of 21 rounds in turns). The
#           process has had a second thread before: until then glibc takes no lock for either.
#
# Ends with 0 while 1,500 bytes take more than 1.5 times as long as 1,032. Needs gcc and glibc.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/pairs.c" << 'SOURCE'
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 21, PAIRS = 200000 };

/* Nanoseconds for a malloc of so many bytes, a write of the first 64, and its free. */
static double pair(size_t bytes)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < PAIRS; i++) {
        char *block = malloc(bytes);
        if (!block)
            abort();
        memset(block, i, 64);
        __asm__ volatile("" : : "r"(block) : "memory");
        free(block);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / PAIRS;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void *nothing(void *argument)
{
    return argument;
}

int main(void)
{
    /* Until a process has had a second thread, glibc leaves its locks out. */
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        abort();
    static const size_t sizes[] = {1032, 1033, 1500};
    double times[3][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (int size = 0; size < 3; size++)
            times[size][round] = pair(sizes[size]);
    printf("glibc %s\n", gnu_get_libc_version());
    for (int size = 0; size < 3; size++) {
        qsort(times[size], ROUNDS, sizeof(double), ascending);
        printf("%zu bytes: %.1f ns a pair\n", sizes[size], times[size][ROUNDS / 2]);
    }
    return times[2][ROUNDS / 2] > 1.5 * times[0][ROUNDS / 2] ? 0 : 1;
}
SOURCE
gcc -O2 -pthread -o "$work/pairs" "$work/pairs.c"
"$work/pairs"
