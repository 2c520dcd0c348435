/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/resolvers.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

#define KEYWORD "nameserver"

/* The host's own stub: a guest cannot ask it. The unspecified address means the same to resolvers. */
static bool is_stub(const struct nfw_addr *addr) {
        static const uint8_t zero[16];

        if (addr->family == AF_INET)
                return addr->bytes[0] == 127 || memcmp(addr->bytes, zero, 4) == 0;
        return memcmp(addr->bytes, zero, 15) == 0 && addr->bytes[15] <= 1;
}

/* With a zone ("fe80::1%eth0") or without: a server on some link of the host's, not on the guest's. */
static bool is_link_local(const struct nfw_addr *addr) {
        return addr->family == AF_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

int nfw_resolvers_read(const char *path, struct nfw_prefixes *prefixes, bool *ret_stub) {
        nfw_cleanup(nfw_freep) char *line = NULL;
        bool stub = false;
        size_t size = 0;
        FILE *stream;
        int r = 0;

        stream = fopen(path, "re");
        if (!stream && errno == ENOMEM)
                return -ENOMEM;

        while (stream && r == 0 && getline(&line, &size, stream) >= 0) {
                struct nfw_prefix prefix;
                char *save, *word;

                /* As in resolv.conf(5): the keyword begins the line, and a blank follows it. */
                if (strncmp(line, KEYWORD, strlen(KEYWORD)) != 0 ||
                    !isblank((unsigned char)line[strlen(KEYWORD)]))
                        continue;
                word = strtok_r(line + strlen(KEYWORD), " \t\r\n", &save);
                if (!word || nfw_addr_parse(word, &prefix.addr) != 0 || is_link_local(&prefix.addr))
                        continue;
                if (is_stub(&prefix.addr)) {
                        stub = true;
                        continue;
                }
                prefix.length = (uint8_t)(nfw_addr_size(prefix.addr.family) * 8);
                r = nfw_vec_push(&prefixes->vec, prefix);
        }

        if (stream)
                fclose(stream);
        if (r == 0)
                *ret_stub = stub;
        return r;
}

int nfw_resolvers_of_host(struct nfw_prefixes *prefixes) {
        size_t n_before = prefixes->vec.n;
        bool stub = false;
        int r;

        r = nfw_resolvers_read("/etc/resolv.conf", prefixes, &stub);
        if (r < 0 || !stub || prefixes->vec.n > n_before)
                return r;

        return nfw_resolvers_read("/run/systemd/resolve/resolv.conf", prefixes, &stub);
}
