/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "nft/dump.h"
#include "nft/grant_note.h"
#include "nft/read.h"

#define MAX_ATTEMPTS 64

struct grants {
        NFW_VEC(struct nfw_nft_grant) vec;
};

bool nfw_nft_grant_decode(const struct nfw_nft_element *element, struct nfw_nft_grant *ret_grant) {
        struct nfw_nft_grant grant = { .expires_ms = element->expiration_ms };
        size_t n_addr = element->key.size - IFNAMSIZ;

        if ((element->key.size != IFNAMSIZ + 4 && element->key.size != IFNAMSIZ + 16) ||
            element->key.data[IFNAMSIZ - 1] != '\0')
                return false;

        memcpy(grant.interface, element->key.data, IFNAMSIZ);
        nfw_addr_from_bytes(n_addr == 4 ? AF_INET : AF_INET6, element->key.data + IFNAMSIZ, &grant.addr);
        nfw_nft_grant_note_decode(element->userdata.data, element->userdata.size, &grant.note);
        *ret_grant = grant;
        return true;
}

static int take_grant(const struct nfw_nft_element *element, void *userdata) {
        struct grants *grants = userdata;
        struct nfw_nft_grant grant;

        return nfw_nft_grant_decode(element, &grant) ? nfw_vec_push(&grants->vec, grant) : 0;
}

/* Handed out when all are there: a dump that was interrupted begins again. */
int nfw_nft_dump_grants(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        const char *set,
                        int (*callback)(const struct nfw_nft_grant *grant, void *userdata),
                        void *userdata) {
        struct grants grants = { 0 };
        int r = -EINTR;

        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                grants.vec.n = 0;
                r = nfw_nft_read_elements(nft, table, set, take_grant, &grants);
        }
        if (r == -EINTR)
                r = -EAGAIN;

        nfw_vec_foreach (grant, &grants.vec) {
                if (r < 0)
                        break;
                r = callback(grant, userdata);
        }
        nfw_vec_deinit(&grants.vec);
        return r;
}

struct empty_sets {
        NFW_VEC(char *) names;
};

static void empty_sets_deinit(struct empty_sets *empty) {
        nfw_vec_foreach (name, &empty->names)
                free(*name);
        nfw_vec_deinit(&empty->names);
}

static int take_set(const struct nfw_nft_object *set, void *userdata) {
        struct empty_sets *empty = userdata;
        char *name;
        int r;

        if (!set->is_empty)
                return 0;
        name = strdup(set->name);
        r = name ? nfw_vec_push(&empty->names, name) : -ENOMEM;
        if (r < 0)
                free(name);
        return r;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_empty_sets(struct nfw_nft_socket *nft, enum nfw_table table, struct empty_sets *empty) {
        int r = -EINTR;

        for (int i = 0; r == -EINTR && i < MAX_ATTEMPTS; i++) {
                empty_sets_deinit(empty);
                r = nfw_nft_read_sets(nft, table, take_set, empty);
        }
        if (r == 0 && empty->names.n > 0)
                qsort(empty->names.items, empty->names.n, sizeof(*empty->names.items), compare_names);
        return r == -EINTR ? -EAGAIN : r;
}

static bool is_empty(const struct empty_sets *empty, const char *set) {
        return empty->names.n > 0 &&
               bsearch(&set, empty->names.items, empty->names.n, sizeof(*empty->names.items), compare_names);
}

struct of_set {
        const char *set;
        int (*callback)(const char *set, const struct nfw_nft_grant *grant, void *userdata);
        void *userdata;
};

static int tell_set(const struct nfw_nft_grant *grant, void *userdata) {
        const struct of_set *of = userdata;

        return of->callback(of->set, grant, of->userdata);
}

int nfw_nft_dump_grants_of(struct nfw_nft_socket *nft,
                           enum nfw_table table,
                           const char *const *sets,
                           size_t n_sets,
                           int (*callback)(const char *set,
                                           const struct nfw_nft_grant *grant,
                                           void *userdata),
                           void *userdata) {
        nfw_cleanup(empty_sets_deinit) struct empty_sets empty = { 0 };
        struct of_set of = { .callback = callback, .userdata = userdata };
        int r;

        if (n_sets == 0)
                return 0;

        r = read_empty_sets(nft, table, &empty);
        for (size_t i = 0; i < n_sets && r == 0; i++) {
                of.set = sets[i];
                if (!is_empty(&empty, of.set))
                        r = nfw_nft_dump_grants(nft, table, of.set, tell_set, &of);
        }
        return r;
}

int nfw_nft_get_grant(struct nfw_nft_socket *nft,
                      enum nfw_table table,
                      const char *set,
                      const char *interface,
                      const struct nfw_addr *addr,
                      struct nfw_nft_grant *ret_grant) {
        uint8_t key[IFNAMSIZ + sizeof(addr->bytes)] = { 0 };
        size_t n_addr = nfw_addr_size(addr->family);
        struct grants grants = { 0 };
        int r;

        if (strlen(interface) >= IFNAMSIZ)
                return -EINVAL;
        memcpy(key, interface, strlen(interface));
        memcpy(key + IFNAMSIZ, addr->bytes, n_addr);

        r = nfw_nft_read_element(nft, table, set, key, IFNAMSIZ + n_addr, take_grant, &grants);
        if (r == -ENOENT || (r == 0 && grants.vec.n == 0))
                r = NFW_E_NOT_FOUND;
        if (r == 0)
                *ret_grant = grants.vec.items[0];
        nfw_vec_deinit(&grants.vec);
        return r;
}
