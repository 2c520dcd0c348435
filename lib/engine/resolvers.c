/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "engine/resolvers.h"

static bool is_loopback(const struct nfw_addr *addr) {
        static const uint8_t loopback6[16] = { [15] = 1 };

        return addr->family == AF_INET ? addr->bytes[0] == 127 : memcmp(addr->bytes, loopback6, 16) == 0;
}

static int read_file(const char *path, struct nfw_prefixes *prefixes, bool *ret_stub) {
        nfw_cleanup(nfw_freep) char *line = NULL;
        size_t size = 0;
        FILE *stream;
        int r = 0;

        *ret_stub = false;
        stream = fopen(path, "re");
        if (!stream)
                return errno == ENOMEM ? -ENOMEM : 0;

        while (r == 0 && getline(&line, &size, stream) >= 0) {
                struct nfw_prefix prefix;
                char *save, *word = strtok_r(line, " \t\r\n", &save);

                if (!word || strcmp(word, "nameserver") != 0)
                        continue;
                word = strtok_r(NULL, " \t\r\n", &save);
                /* A zone ("fe80::1%eth0") means a server on some link of the host's, not of the guest's. */
                if (!word || nfw_addr_parse(word, &prefix.addr) != 0)
                        continue;
                if (is_loopback(&prefix.addr)) {
                        *ret_stub = true;
                        continue;
                }
                prefix.length = (uint8_t)(nfw_addr_size(prefix.addr.family) * 8);
                r = nfw_vec_push(&prefixes->vec, prefix);
        }

        fclose(stream);
        return r;
}

int nfw_resolvers_of_host(struct nfw_prefixes *prefixes) {
        size_t n_before = prefixes->vec.n;
        bool stub;
        int r;

        r = read_file("/etc/resolv.conf", prefixes, &stub);
        if (r < 0 || !stub || prefixes->vec.n > n_before)
                return r;

        return read_file("/run/systemd/resolve/resolv.conf", prefixes, &stub);
}
