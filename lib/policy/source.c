/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/vec.h"

#define CHUNK 65536

static int read_descriptor(int fd, size_t max, char **ret_source, size_t *ret_size) {
        NFW_VEC(char) bytes = { 0 };
        struct stat status;
        size_t first = CHUNK;
        int r;

        /* One octet more than it has, so that the end is seen without growing. */
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
                first = NFW_MIN((size_t)status.st_size, max) + 1;

        r = nfw_vec_reserve(&bytes, first + 1);
        while (r == 0) {
                ssize_t n = read(fd, bytes.items + bytes.n, bytes.size - 1 - bytes.n);

                if (n == 0)
                        break;
                if (n < 0) {
                        r = errno == EINTR ? 0 : -errno;
                        continue;
                }

                bytes.n += (size_t)n;
                if (bytes.n > max)
                        r = NFW_E_REFUSED;
                else if (bytes.size - bytes.n < 2)
                        r = nfw_vec_reserve(&bytes, CHUNK);
        }
        if (r != 0) {
                nfw_vec_deinit(&bytes);
                return r;
        }

        bytes.items[bytes.n] = '\0';
        *ret_source = bytes.items;
        *ret_size = bytes.n;
        return 0;
}

int nfw_source_read(const char *path, size_t max, char **ret_source, size_t *ret_size) {
        int fd, r;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        r = read_descriptor(fd, max, ret_source, ret_size);
        (void)close(fd);
        return r;
}

void nfw_source_locate(const char *source, size_t offset, struct nfw_pos *pos) {
        static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark takes no column */
        bool marked = offset >= sizeof(mark) - 1 && memcmp(source, mark, sizeof(mark) - 1) == 0;

        pos->line = 1;
        pos->column = 1;
        for (size_t i = marked ? sizeof(mark) - 1 : 0; i < offset; i++) {
                if (source[i] == '\n' || (source[i] == '\r' && source[i + 1] != '\n')) {
                        pos->line++;
                        pos->column = 1;
                } else if (((unsigned char)source[i] & 0xc0) != 0x80)
                        pos->column++;
        }
}
