/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/bus/credentials.h"

#include <errno.h>
#include <string.h>

/* The groups that the caller had when it connected, as the bus knows them: an array of numbers. */
static int has_group(sd_bus_message *answer, gid_t group) {
        const void *groups;
        bool found = false;
        size_t size;
        int r;

        r = sd_bus_message_enter_container(answer, 'v', "au");
        if (r >= 0)
                r = sd_bus_message_read_array(answer, 'u', &groups, &size);
        if (r < 0)
                return r;
        for (size_t i = 0; i < size / sizeof(uint32_t); i++)
                found |= ((const uint32_t *)groups)[i] == group;
        r = sd_bus_message_exit_container(answer);
        return r < 0 ? r : found;
}

static int read_user(sd_bus_message *answer, uid_t *ret_user) {
        uint32_t user;
        int r;

        r = sd_bus_message_read(answer, "v", "u", &user);
        if (r < 0)
                return r;
        *ret_user = user;
        return user == 0;
}

int credentials_read(sd_bus_message *answer, gid_t group, uid_t *ret_user) {
        bool privileged = false;
        int r;

        *ret_user = (uid_t)-1;
        r = sd_bus_message_enter_container(answer, 'a', "{sv}");
        while (r >= 0) {
                const char *key = NULL;

                r = sd_bus_message_enter_container(answer, 'e', "sv");
                if (r <= 0)
                        return r < 0 ? r : privileged;
                r = sd_bus_message_read(answer, "s", &key);
                if (r < 0)
                        return r;
                if (strcmp(key, "UnixUserID") == 0)
                        r = read_user(answer, ret_user);
                else if (strcmp(key, "UnixGroupIDs") == 0 && group != (gid_t)-1)
                        r = has_group(answer, group);
                else
                        r = sd_bus_message_skip(answer, "v") < 0 ? -EBADMSG : 0;
                if (r < 0)
                        return r;
                privileged |= r > 0;
                r = sd_bus_message_exit_container(answer);
        }
        return r;
}

void credentials_forget(struct credentials *known) {
        *known = (struct credentials){ 0 };
}

void credentials_remember(struct credentials *known, const char *sender, uid_t user, bool privileged) {
        struct credentials_entry *entry = &known->entries[known->n++ % CREDENTIALS_MAX];

        if (strlen(sender) >= sizeof(entry->sender))
                return;
        memcpy(entry->sender, sender, strlen(sender) + 1);
        entry->user = user;
        entry->privileged = privileged;
}

int credentials_recall(const struct credentials *known, const char *sender, uid_t *ret_user) {
        for (size_t i = 0; i < CREDENTIALS_MAX; i++) {
                const struct credentials_entry *entry = &known->entries[i];

                if (strcmp(entry->sender, sender) != 0)
                        continue;
                *ret_user = entry->user;
                return entry->privileged;
        }
        return -ENOENT;
}
