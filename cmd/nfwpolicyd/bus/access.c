/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nfwpolicyd/bus/access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "nfwpolicyd/bus/credentials.h"
#include "nfwpolicyd/bus/errors.h"
#include "nfwpolicyd/daemon.h"

/*
 * Calls that wait for polkit may hold a message of 32 MiB and 16 descriptors each, and an administrator may be away from
 * the keyboard: all of them together have to stay under MemoryMax= and LimitNOFILE= of the service. A user may have
 * hundreds of connections, so what one may have is counted by user.
 */
#define MAX_ASKING            16
#define MAX_ASKING_OF_ONE     4
#define ACTION_READ           "org.nfwpolicy1.read"
#define ACTION_ATTACH         "org.nfwpolicy1.attach"
#define ACTION_MANAGE         "org.nfwpolicy1.manage"
#define POLKIT_ALLOW_QUESTION 1u /* CheckAuthorizationFlags: AllowUserInteraction */

enum access_state {
        ACCESS_CREDENTIALS, /* the bus is asked who it is */
        ACCESS_POLKIT,      /* polkit is asked */
        ACCESS_ALLOWED,     /* on its way to its handler */
};

struct access_call {
        LIST_ENTRY(access_call) entries;
        struct daemon *daemon;
        sd_bus_message *message;
        sd_bus_slot *slot; /* the question that waits for its answer */
        const char *action;
        uid_t user; /* once it is known */
        enum access_state state;
};

/* What a call needs. The first row that fits counts; a member of NULL is all of them. */
static const struct {
        const char *interface;
        const char *member;
        const char *action; /* NULL: nothing */
} rules[] = {
        { BUS_MANAGER, "ListNames", ACTION_READ },
        { BUS_MANAGER, "FollowNames", ACTION_READ },
        { BUS_MANAGER, "GetStatus", ACTION_READ },
        { BUS_MANAGER, "Show", ACTION_READ },
        { BUS_MANAGER, "Verify", ACTION_READ },
        { BUS_MANAGER, "Attach", ACTION_ATTACH },
        { BUS_MANAGER, "Bind", ACTION_ATTACH },
        { BUS_MANAGER, "Unbind", ACTION_ATTACH },
        { BUS_MANAGER, "ListFilters", ACTION_READ },
        { BUS_MANAGER, "DumpFilter", ACTION_READ },
        { BUS_MANAGER, "ListBindings", ACTION_READ },
        { BUS_MANAGER, "ListSets", ACTION_READ },
        { BUS_MANAGER, "ListNetworks", ACTION_READ },
        { BUS_MANAGER, "DumpNetwork", ACTION_READ },
        { BUS_MANAGER, "ListElements", ACTION_READ },
        { BUS_MANAGER, "Detach", ACTION_ATTACH },
        { "org.freedesktop.DBus.Properties", "Get", ACTION_READ },
        { "org.freedesktop.DBus.Properties", "GetAll", ACTION_READ },
        { "org.freedesktop.DBus.ObjectManager", NULL, ACTION_READ },
        /* It names the policies and the ports. */
        { "org.freedesktop.DBus.Introspectable", NULL, ACTION_READ },
        { "org.freedesktop.DBus.Peer", NULL, NULL },
        { NULL, NULL, ACTION_MANAGE },
};

static const char *needed_action(sd_bus_message *message) {
        const char *interface = sd_bus_message_get_interface(message);
        const char *member = sd_bus_message_get_member(message);
        size_t i = 0;

        for (; rules[i].interface; i++)
                if (interface && strcmp(rules[i].interface, interface) == 0 &&
                    (!rules[i].member || strcmp(rules[i].member, member) == 0))
                        break;
        return rules[i].action;
}

static void call_free(struct access_call *call) {
        LIST_REMOVE(call, entries);
        if (call->state == ACCESS_POLKIT)
                call->daemon->access.n_asking--;
        sd_bus_slot_unref(call->slot);
        sd_bus_message_unref(call->message);
        free(call);
}

static int refuse(struct access_call *call, const char *why) {
        int r;

        r = sd_bus_reply_method_errorf(call->message, ERROR_ACCESS_DENIED, "%s is refused: %s", call->action,
                                       why);
        call_free(call);
        return r < 0 ? r : 1;
}

static int allow(struct access_call *call) {
        if (call->state == ACCESS_POLKIT)
                call->daemon->access.n_asking--;
        call->state = ACCESS_ALLOWED;
        call->slot = sd_bus_slot_unref(call->slot);
        return sd_bus_enqueue_for_read(call->daemon->bus, call->message);
}

static int take_polkit(sd_bus_message *answer, void *userdata, sd_bus_error *error) {
        struct access_call *call = userdata;
        int r, authorized, challenge;

        (void)error;
        if (sd_bus_message_is_method_error(answer, NULL))
                return refuse(call, "not root, and polkit gives no answer");
        r = sd_bus_message_enter_container(answer, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(answer, "bb", &authorized, &challenge);
        if (r < 0)
                return refuse(call, "not root, and polkit gives no answer that can be read");
        if (authorized)
                return allow(call);
        if (!challenge)
                return refuse(call, "polkit says no");
        /* The name that programs know: they may ask again and let polkit ask back. */
        r = sd_bus_reply_method_errorf(call->message, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                       "%s needs an answer from an administrator", call->action);
        call_free(call);
        return r;
}

static unsigned int n_asking_of(const struct access *access, uid_t user) {
        const struct access_call *each;
        unsigned int n = 0;

        LIST_FOREACH(each, &access->calls, entries)
        if (each->state == ACCESS_POLKIT && each->user == user)
                n++;
        return n;
}

static int ask_polkit(struct access_call *call) {
        CLEANUP_MESSAGE sd_bus_message *question = NULL;
        struct access *access = &call->daemon->access;
        const char *sender = sd_bus_message_get_sender(call->message);
        bool interactive = sd_bus_message_get_allow_interactive_authorization(call->message) > 0;
        int r;

        if (access->n_asking >= MAX_ASKING || n_asking_of(access, call->user) >= MAX_ASKING_OF_ONE)
                return refuse(call, "too many calls wait for polkit already");

        r = sd_bus_message_new_method_call(call->daemon->bus, &question, "org.freedesktop.PolicyKit1",
                                           "/org/freedesktop/PolicyKit1/Authority",
                                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                          sender, call->action, 0, interactive ? POLKIT_ALLOW_QUESTION : 0u,
                                          "");
        if (r >= 0) {
                call->slot = sd_bus_slot_unref(call->slot);
                r = sd_bus_call_async(call->daemon->bus, &call->slot, question, take_polkit, call,
                                      interactive ? UINT64_MAX : 0);
        }
        if (r < 0)
                return refuse(call, "polkit cannot be asked");
        call->state = ACCESS_POLKIT;
        access->n_asking++;
        return 1;
}

static int take_credentials(sd_bus_message *answer, void *userdata, sd_bus_error *error) {
        struct access_call *call = userdata;
        int r;

        (void)error;
        if (sd_bus_message_is_method_error(answer, NULL))
                return refuse(call, "the bus does not say who is calling");
        r = credentials_read(answer, call->daemon->access.group, &call->user);
        if (r < 0)
                return refuse(call, "the bus does not say clearly who is calling");
        credentials_remember(&call->daemon->access.known, sd_bus_message_get_sender(call->message),
                             call->user, r > 0);
        return r > 0 ? allow(call) : ask_polkit(call);
}

static int ask_credentials(struct access_call *call) {
        int r;

        r = sd_bus_call_method_async(call->daemon->bus, &call->slot, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionCredentials", take_credentials, call, "s",
                                     sd_bus_message_get_sender(call->message));
        if (r < 0)
                return refuse(call, "the bus cannot be asked who is calling");
        return 1;
}

static struct access_call *call_new(struct daemon *daemon, sd_bus_message *message, const char *action) {
        struct access_call *call;

        call = calloc(1, sizeof(*call));
        if (!call)
                return NULL;
        call->daemon = daemon;
        call->message = sd_bus_message_ref(message);
        call->action = action;
        LIST_INSERT_HEAD(&daemon->access.calls, call, entries);
        return call;
}

/* Calls of one caller come to their handlers in the order in which they were sent, unless polkit is asked. */
static bool has_waiting(const struct access *access, const char *sender) {
        const struct access_call *each;

        LIST_FOREACH(each, &access->calls, entries)
        if (each->state != ACCESS_POLKIT && strcmp(sd_bus_message_get_sender(each->message), sender) == 0)
                return true;
        return false;
}

/* Asks whom it has to: 0 where nobody has to be asked, 1 where the answer is waited for, or a negative errno. */
static int ask(struct daemon *daemon, sd_bus_message *message, const char *action) {
        const char *sender = sd_bus_message_get_sender(message);
        uid_t user = (uid_t)-1;
        int privileged = -ENOENT;
        struct access_call *call;

        if (!has_waiting(&daemon->access, sender))
                privileged = credentials_recall(&daemon->access.known, sender, &user);
        if (privileged > 0)
                return 0;
        call = call_new(daemon, message, action);
        if (!call)
                return -ENOMEM;
        call->user = user;
        return privileged == 0 ? ask_polkit(call) : ask_credentials(call);
}

/* Whether the message has been here before and may pass. */
static bool take_allowed(struct access *access, const sd_bus_message *message) {
        struct access_call *call;

        LIST_FOREACH(call, &access->calls, entries) {
                if (call->message != message || call->state != ACCESS_ALLOWED)
                        continue;
                call_free(call);
                return true;
        }
        return false;
}

/* What the manager has of properties has nothing to do with what is loaded, and is asked for before every order. */
static bool is_of_manager(sd_bus_message *message) {
        const char *interface = sd_bus_message_get_interface(message);

        return interface && strcmp(interface, "org.freedesktop.DBus.Properties") == 0 &&
               strcmp(sd_bus_message_get_path(message), BUS_PATH) == 0;
}

int access_filter(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        struct daemon *daemon = userdata;
        const char *action;
        int r;

        (void)error;
        if (!sd_bus_message_is_method_call(message, NULL, NULL))
                return 0;
        action = needed_action(message);
        if (!action)
                return 0;
        if (!sd_bus_message_get_sender(message))
                return -EPERM;
        if (!take_allowed(&daemon->access, message)) {
                r = ask(daemon, message, action);
                if (r != 0)
                        return r;
        }
        /* Who is told that something is done finds it done. */
        if (strcmp(action, ACTION_READ) == 0 && !is_of_manager(message))
                (void)refresh_if_outdated(daemon);
        return 0;
}

int access_set_group(struct access *access, const char *group) {
        struct group entry, *found = NULL;
        gid_t gid = (gid_t)-1;
        char buffer[64 * 1024];
        int r;

        if (group) {
                r = getgrnam_r(group, &entry, buffer, sizeof(buffer), &found);
                if (r != 0)
                        return -r;
                if (!found)
                        return -ENOENT;
                gid = found->gr_gid;
        }
        if (gid != access->group)
                credentials_forget(&access->known);
        access->group = gid;
        return 0;
}

int access_init(struct access *access, const char *group) {
        LIST_INIT(&access->calls);
        credentials_forget(&access->known);
        access->n_asking = 0;
        access->group = (gid_t)-1;
        return access_set_group(access, group);
}

void access_deinit(struct access *access) {
        struct access_call *call;

        while ((call = LIST_FIRST(&access->calls)))
                call_free(call);
        credentials_forget(&access->known);
}
