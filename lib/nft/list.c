/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "nft/compile.h"
#include "nft/list_text.h"
#include "nft/names.h"
#include "nft/set.h"

#define TEXT_MAX (64 * 1024 * 1024)

/* The child's last octet says that everything before it is all there is; it may die at any time. */
#define COMPLETE    '\x04'

#define COMMAND_MAX 512

/* From so many on the whole table is listed. */
#define MANY_OBJECTS 32

/* Names from the kernel become part of a command. */
static bool is_plain(const char *name) {
        return name[0] != '\0' &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                       strlen(name);
}

static int write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

/* What is wanted of a table, and what it is written to. */
struct listing {
        const char *table_name;
        const struct nfw_nft_policy *policy;
        struct nft_ctx *nft;
        int fd;
        NFW_VEC(const char *) sets; /* and maps; both sorted */
        NFW_VEC(const char *) chains;
        char names[1 + NFW_N_DIRECTIONS][NFW_NFT_NAME_MAX]; /* of the marker, of chains */
        bool is_begun;
};

static void listing_deinit(struct listing *listing) {
        nfw_vec_deinit(&listing->sets);
        nfw_vec_deinit(&listing->chains);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int want(struct listing *listing, const struct nfw_nft_policy *policy) {
        struct nfw_nft_marker marker;
        int r;

        r = nfw_nft_marker_init(&marker, policy->name, policy->id);
        if (r == 0)
                r = nfw_vec_push(&listing->sets, strcpy(listing->names[0], marker.name));
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                r = nfw_vec_push(&listing->sets, nfw_nft_map_name(direction));
                if (r == 0)
                        r = nfw_vec_push(&listing->chains, nfw_nft_chain_name(policy->name, direction,
                                                                              listing->names[1 + direction]));
        }
        nfw_vec_foreach (set, &policy->sets)
                if (r == 0)
                        r = nfw_vec_push(&listing->sets, *set);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = nfw_vec_push(&listing->chains, *block);
        if (r < 0)
                return r;

        if (listing->sets.n > 0)
                qsort(listing->sets.items, listing->sets.n, sizeof(*listing->sets.items), compare_names);
        if (listing->chains.n > 0)
                qsort(listing->chains.items, listing->chains.n, sizeof(*listing->chains.items),
                      compare_names);
        return 0;
}

static int write_object(const char *kind, const char *name, const char *text, size_t size, void *userdata) {
        struct listing *listing = userdata;
        bool is_chain = strcmp(kind, "chain") == 0;
        const char *const *names = is_chain ? listing->chains.items : listing->sets.items;
        size_t n_names = is_chain ? listing->chains.n : listing->sets.n;
        char heading[32 + NFW_NFT_TABLE_NAME_MAX] = "\n";
        int r;

        if (n_names == 0 || !bsearch(&name, names, n_names, sizeof(name), compare_names))
                return 0;

        if (!listing->is_begun)
                (void)snprintf(heading, sizeof(heading), "table %s %s {\n",
                               nfw_nft_family_name(listing->policy->table), listing->table_name);
        listing->is_begun = true;
        r = write_all(listing->fd, heading, strlen(heading));
        return r < 0 ? r : write_all(listing->fd, text, size);
}

/* name is "" where it is the table that is listed. */
static int list_object(struct listing *listing, const char *kind, const char *name) {
        char command[COMMAND_MAX];
        const char *text;
        int n;

        n = snprintf(command, sizeof(command), "list %s %s %s %s", kind,
                     nfw_nft_family_name(listing->policy->table), listing->table_name, name);
        if (n < 0 || (size_t)n >= sizeof(command) || (*name && !is_plain(name)))
                return -EINVAL;
        if (nft_run_cmd_from_buffer(listing->nft, command) != 0)
                return -ENOENT;

        text = nft_ctx_get_output_buffer(listing->nft);
        return text ? nfw_nft_list_foreach(text, write_object, listing) : -ENOMEM;
}

/*
 * For each command nft reads all rules, or all sets, of the table. So a policy with few of them is listed object by
 * object, however many grants others have; one with many is cut out of the table.
 */
static int list_objects(struct listing *listing) {
        const struct nfw_nft_policy *policy = listing->policy;
        int r = 0;

        if (listing->sets.n + listing->chains.n > MANY_OBJECTS)
                return list_object(listing, "table", "");

        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = list_object(listing, "map", nfw_nft_map_name(direction));
        /* The rules enforce the policy without it. */
        if (r == 0)
                (void)list_object(listing, "set", listing->names[0]);
        nfw_vec_foreach (set, &policy->sets)
                if (r == 0)
                        r = list_object(listing, "set", *set);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = list_object(listing, "chain", listing->names[1 + direction]);
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = list_object(listing, "chain", *block);
        return r;
}

static int list_policy(struct nft_ctx *nft,
                       int fd,
                       const char *table_name,
                       const struct nfw_nft_policy *policy) {
        nfw_cleanup(listing_deinit) struct listing listing = {
                .table_name = table_name, .policy = policy, .nft = nft, .fd = fd
        };
        int r;

        r = want(&listing, policy);
        if (r == 0)
                r = list_objects(&listing);
        if (r == 0)
                r = listing.is_begun ? write_all(fd, "}\n", 2) : -ENOENT;
        return r;
}

static int list_table(struct nft_ctx *nft, int fd, const char *table_name, enum nfw_table table) {
        char command[COMMAND_MAX];
        const char *text;

        if (!is_plain(table_name))
                return -EINVAL;
        snprintf(command, sizeof(command), "list table %s %s", nfw_nft_family_name(table), table_name);
        if (nft_run_cmd_from_buffer(nft, command) != 0)
                return -ENOENT;
        text = nft_ctx_get_output_buffer(nft);
        return write_all(fd, text, strlen(text));
}

/* libnftables may exit, which would print what the parent has buffered, and it may complain. */
static int silence(void) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (null < 0)
                return -errno;
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                if (dup2(null, fd) < 0)
                        return -errno;
        return 0;
}

/* policy: NULL for all of the table. */
static int run_child(int fd,
                     const char *table_name,
                     enum nfw_table table,
                     const struct nfw_nft_policy *policy) {
        const char complete = COMPLETE;
        struct nft_ctx *nft;
        int r;

        if (fd <= STDERR_FILENO) { /* the parent had closed its own */
                fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
                if (fd < 0)
                        return EXIT_FAILURE;
        }
        if (silence() < 0)
                return EXIT_FAILURE;
        nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!nft || nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0)
                return EXIT_FAILURE;

        r = policy ? list_policy(nft, fd, table_name, policy) : list_table(nft, fd, table_name, table);
        if (r == 0)
                r = write_all(fd, &complete, 1);
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int read_text(int fd, FILE *stream) {
        size_t size = 0;
        char buffer[65536];

        for (;;) {
                ssize_t n = read(fd, buffer, sizeof(buffer));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return ferror(stream) ? -ENOMEM : 0;
                size += (size_t)n;
                if (size > TEXT_MAX)
                        return -EFBIG;
                fwrite(buffer, 1, (size_t)n, stream);
        }
}

static int collect(int fd, char **ret_text) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);
        int r;

        if (!stream)
                return -ENOMEM;

        r = read_text(fd, stream);
        if (fclose(stream) != 0 && r == 0)
                r = -ENOMEM;
        if (r < 0)
                return r;
        if (size == 0 || text[size - 1] != COMPLETE)
                return -EIO;

        text[size - 1] = '\0';
        *ret_text = nfw_steal(text);
        return 0;
}

static int list(const char *table_name,
                enum nfw_table table,
                const struct nfw_nft_policy *policy,
                char **ret_text) {
        int fds[2], r;
        pid_t child;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;

        child = fork();
        if (child < 0) {
                r = -errno;
                close(fds[0]);
                close(fds[1]);
                return r;
        }
        if (child == 0) {
                close(fds[0]);
                _exit(run_child(fds[1], table_name, table, policy));
        }

        close(fds[1]);
        r = collect(fds[0], ret_text);
        /* A child that still has something to say finds the pipe closed. */
        close(fds[0]);
        /* Who ignores SIGCHLD has no child left to wait for. */
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
                continue;
        return r;
}

int nfw_nft_list_policy(const char *table_name, const struct nfw_nft_policy *policy, char **ret_text) {
        return list(table_name, policy->table, policy, ret_text);
}

int nfw_nft_list_table(const char *table_name, enum nfw_table table, char **ret_text) {
        return list(table_name, table, NULL, ret_text);
}
