/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicy/bus/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than any line that a pipe takes at once. */
#define ROOM ((size_t)64 * 1024)

void follow_close(struct follow *follow) {
        if (follow->fd >= 0)
                (void)close(follow->fd);
        free(follow->text);
}

static int dispatch(void *object) {
        struct follow *follow = object;
        ssize_t n;

        if (!follow->text) {
                follow->text = malloc(ROOM);
                if (!follow->text)
                        return -ENOMEM;
        }
        if (follow->size == ROOM)
                return -EMSGSIZE;
        n = read(follow->fd, follow->text + follow->size, ROOM - follow->size);
        if (n == 0)
                return -ECONNRESET;
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        follow->size += (size_t)n;
        return 0;
}

static int pop(void *object, json_t **ret_event) {
        struct follow *follow = object;
        const char *end = follow->text ? memchr(follow->text, '\n', follow->size) : NULL;
        size_t length;

        if (!end)
                return NFW_E_EMPTY;
        length = (size_t)(end - follow->text);
        *ret_event = json_loadb(follow->text, length, 0, NULL);
        follow->size -= length + 1;
        memmove(follow->text, end + 1, follow->size);
        return *ret_event ? 0 : -EBADMSG;
}

struct watch_source watch_follow(struct follow *follow) {
        return (struct watch_source){ follow->fd, dispatch, pop, follow, true };
}
