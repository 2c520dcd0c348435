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
#include "nft/set.h"
#include "nft/table.h"

#define TEXT_MAX (64 * 1024 * 1024)

/* The child's last octet says that everything before it is all there is; it may die at any time. */
#define COMPLETE    '\x04'

#define COMMAND_MAX 512

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

static int list_object(
        struct nft_ctx *nft, int fd, enum nfw_table table, const char *kind, const char *name) {
        char command[COMMAND_MAX];
        const char *text;
        int n;

        n = snprintf(command, sizeof(command), "list %s %s " NFW_NFT_TABLE " %s", kind,
                     nfw_nft_family_name(table), name);
        if (n < 0 || (size_t)n >= sizeof(command) || !is_plain(name))
                return -EINVAL;
        if (nft_run_cmd_from_buffer(nft, command) != 0)
                return -ENOENT;

        text = nft_ctx_get_output_buffer(nft);
        return text ? write_all(fd, text, strlen(text)) : -ENOMEM;
}

static int list_all(struct nft_ctx *nft, int fd, const struct nfw_nft_policy *policy) {
        struct nfw_nft_marker marker;
        char chain[NFW_NFT_NAME_MAX];
        int r;

        r = nfw_nft_marker_init(&marker, policy->name, policy->id);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = list_object(nft, fd, policy->table, "map", nfw_nft_map_name(direction));
        /* The rules enforce the policy without it. */
        if (r == 0)
                (void)list_object(nft, fd, policy->table, "set", marker.name);
        nfw_vec_foreach (set, &policy->sets) {
                if (r < 0)
                        return r;
                r = list_object(nft, fd, policy->table, "set", *set);
        }
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = list_object(nft, fd, policy->table, "chain",
                                nfw_nft_chain_name(policy->name, direction, chain));
        nfw_vec_foreach (block, &policy->blocks)
                if (r == 0)
                        r = list_object(nft, fd, policy->table, "chain", *block);
        return r;
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

static int run_child(int fd, const struct nfw_nft_policy *policy) {
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

        r = list_all(nft, fd, policy);
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

int nfw_nft_list_policy(const struct nfw_nft_policy *policy, char **ret_text) {
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
                _exit(run_child(fds[1], policy));
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
