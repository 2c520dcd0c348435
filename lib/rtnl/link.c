/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "rtnl/dump.h"
#include "rtnl/held.h"
#include "rtnl/request.h"

/* ALTIFNAMSIZ, which the kernel does not export; with the final 0. */
#define ALTNAME_SIZE 128

NFW_DEFINE_CLEANUP(struct nfw_rtnl, nfw_rtnl_free)

struct link_attributes {
        const char *name;
        const char *kind;       /* what the link is */
        const char *slave_kind; /* what its master is */
        unsigned int master;
};

int nfw_rtnl_new(struct nfw_rtnl **ret_rtnl) {
        nfw_cleanup(nfw_rtnl_freep) struct nfw_rtnl *rtnl = NULL;
        int on = 1;

        rtnl = calloc(1, sizeof(*rtnl));
        if (!rtnl)
                return -ENOMEM;
        rtnl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
        if (!rtnl->socket)
                return -errno;
        if (mnl_socket_bind(rtnl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
                return -errno;
        /* Lets the kernel select a dump's addresses by interface. One that cannot is filtered here. */
        (void)mnl_socket_setsockopt(rtnl->socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on));

        *ret_rtnl = nfw_steal(rtnl);
        return 0;
}

struct nfw_rtnl *nfw_rtnl_free(struct nfw_rtnl *rtnl) {
        if (!rtnl)
                return NULL;
        nfw_rtnl_release(rtnl);
        if (rtnl->socket)
                mnl_socket_close(rtnl->socket);
        free(rtnl->buffer);
        free(rtnl);
        return NULL;
}

static int on_link_info(const struct nlattr *attribute, void *userdata) {
        struct link_attributes *link = userdata;

        if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
                return MNL_CB_OK;
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
                link->kind = mnl_attr_get_str(attribute);
        else if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_KIND)
                link->slave_kind = mnl_attr_get_str(attribute);
        return MNL_CB_OK;
}

static int on_link_attribute(const struct nlattr *attribute, void *userdata) {
        struct link_attributes *link = userdata;

        switch (mnl_attr_get_type(attribute)) {
        case IFLA_IFNAME:
                if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
                        return MNL_CB_ERROR;
                link->name = mnl_attr_get_str(attribute);
                return MNL_CB_OK;
        case IFLA_MASTER:
                if (mnl_attr_validate(attribute, MNL_TYPE_U32) < 0)
                        return MNL_CB_ERROR;
                link->master = mnl_attr_get_u32(attribute);
                return MNL_CB_OK;
        case IFLA_LINKINFO:
                return mnl_attr_parse_nested(attribute, on_link_info, link);
        default:
                return MNL_CB_OK;
        }
}

/* The names point into the message. */
static int parse_link(const struct nlmsghdr *message, struct link_attributes *ret_link) {
        struct link_attributes link = { 0 };

        if (message->nlmsg_type != RTM_NEWLINK ||
            mnl_nlmsg_get_payload_len(message) < sizeof(struct ifinfomsg) ||
            mnl_attr_parse(message, sizeof(struct ifinfomsg), on_link_attribute, &link) < 0 || !link.name ||
            strlen(link.name) >= IFNAMSIZ) {
                errno = EBADMSG;
                return MNL_CB_ERROR;
        }
        *ret_link = link;
        return MNL_CB_OK;
}

static bool is_bridge(const char *kind) {
        return kind && strcmp(kind, "bridge") == 0;
}

static bool is_tap_of_device(const char *kind) {
        return kind && (strcmp(kind, "macvtap") == 0 || strcmp(kind, "ipvtap") == 0);
}

static enum nfw_link_bypass find_bypass(const struct link_attributes *link) {
        if (is_tap_of_device(link->kind))
                return NFW_LINK_MACVTAP;
        return link->slave_kind && strcmp(link->slave_kind, "openvswitch") == 0 ? NFW_LINK_OPENVSWITCH
                                                                                : NFW_LINK_SEEN;
}

static int read_link(const struct nlmsghdr *message, struct nfw_link *ret_link) {
        const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
        struct link_attributes link;

        if (parse_link(message, &link) != MNL_CB_OK)
                return MNL_CB_ERROR;
        *ret_link = (struct nfw_link){
                .index = (unsigned int)info->ifi_index,
                .is_bridge = is_bridge(link.kind),
                /* A bond, a team or a VRF has members too, and none of the bridge family's hooks see them. */
                .master = is_bridge(link.slave_kind) ? link.master : 0,
                .bypass = find_bypass(&link),
        };
        strcpy(ret_link->name, link.name);
        return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *message, void *userdata) {
        return read_link(message, userdata) == MNL_CB_OK ? MNL_CB_STOP : MNL_CB_ERROR;
}

static int get_link(struct nfw_rtnl *rtnl,
                    uint16_t attribute,
                    const char *name,
                    unsigned int index,
                    struct nfw_link *ret_link) {
        _Alignas(struct nlmsghdr) char buffer[512] = { 0 }; /* padding goes to the kernel too */
        struct nlmsghdr *request = nfw_rtnl_begin(rtnl, buffer, RTM_GETLINK, 0);
        struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
        struct nfw_link link = { 0 };
        int r;

        info->ifi_family = AF_UNSPEC;
        info->ifi_index = (int)index;
        if (name)
                mnl_attr_put_strz(request, attribute, name);
        /* Adding the counters of all processors up takes longer than all the rest. */
        mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);

        r = nfw_rtnl_talk(rtnl, request, on_link, &link);
        if (r == -ENODEV || (!r && !link.index))
                return NFW_E_NOT_FOUND;
        if (r)
                return r;
        *ret_link = link;
        return 0;
}

int nfw_rtnl_link_by_name(struct nfw_rtnl *rtnl, const char *name, struct nfw_link *ret_link) {
        size_t length = strnlen(name, IFNAMSIZ);
        const struct nfw_rtnl_held *held;
        struct nfw_link link;
        int r;

        /* The kernel has other errors for names that no link can have. */
        if (length == 0 || length >= IFNAMSIZ)
                return NFW_E_NOT_FOUND;
        r = nfw_rtnl_held_find(rtnl, &held);
        if (r < 0)
                return r;
        if (held)
                return nfw_rtnl_held_by_name(held, name, ret_link);
        r = get_link(rtnl, IFLA_IFNAME, name, 0, &link);
        if (r != 0)
                return r;
        /* The kernel finds it by its alternative names, too; its packets are known by this one only. */
        if (strcmp(link.name, name) != 0)
                return NFW_E_NOT_FOUND;
        *ret_link = link;
        return 0;
}

int nfw_rtnl_link_by_altname(struct nfw_rtnl *rtnl, const char *name, struct nfw_link *ret_link) {
        size_t length = strnlen(name, ALTNAME_SIZE);
        int r;

        if (length == 0 || length >= ALTNAME_SIZE)
                return NFW_E_NOT_FOUND;
        r = get_link(rtnl, IFLA_ALT_IFNAME, name, 0, ret_link);
        /* Before 5.5 there are none, and the kernel does not know what is asked. */
        return r == -EINVAL || r == -EOPNOTSUPP ? NFW_E_NOT_FOUND : r;
}

int nfw_rtnl_link_by_index(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_link *ret_link) {
        const struct nfw_rtnl_held *held;
        int r;

        if (index == 0 || index > INT32_MAX)
                return NFW_E_NOT_FOUND;
        r = nfw_rtnl_held_find(rtnl, &held);
        if (r < 0)
                return r;
        return held ? nfw_rtnl_held_by_index(held, index, ret_link)
                    : get_link(rtnl, 0, NULL, index, ret_link);
}

static void truncate_names(struct nfw_link_names *names, size_t n) {
        while (names->vec.n > n)
                free(names->vec.items[--names->vec.n]);
}

struct each_link {
        int (*callback)(const struct nfw_link *link, void *userdata);
        void *userdata;
        int result;
};

static int on_each_link(const struct nlmsghdr *message, void *userdata) {
        struct each_link *each = userdata;
        struct nfw_link link;

        if (read_link(message, &link) != MNL_CB_OK)
                return MNL_CB_ERROR;
        if (each->result == 0)
                each->result = each->callback(&link, each->userdata);
        return MNL_CB_OK;
}

int nfw_rtnl_dump_links(struct nfw_rtnl *rtnl,
                        int (*callback)(const struct nfw_link *link, void *userdata),
                        void *userdata) {
        struct each_link each = { .callback = callback, .userdata = userdata };
        _Alignas(struct nlmsghdr) char buffer[512] = { 0 };
        struct nlmsghdr *request = nfw_rtnl_begin(rtnl, buffer, RTM_GETLINK, NLM_F_DUMP);
        struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
        int r;

        info->ifi_family = AF_UNSPEC;
        mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        r = nfw_rtnl_talk(rtnl, request, on_each_link, &each);
        return each.result ? each.result : r;
}

int nfw_rtnl_foreach_link(struct nfw_rtnl *rtnl,
                          int (*callback)(const struct nfw_link *link, void *userdata),
                          void *userdata) {
        int r = -EINTR;

        for (size_t try = 0; r == -EINTR && try < NFW_RTNL_DUMP_TRIES; try++)
                r = nfw_rtnl_dump_links(rtnl, callback, userdata);
        return r;
}

static int add_name(const struct nfw_link *link, void *userdata) {
        struct nfw_link_names *names = userdata;
        nfw_cleanup(nfw_freep) char *name = strdup(link->name);

        if (!name || nfw_vec_push(&names->vec, name) < 0)
                return -ENOMEM;
        (void)nfw_steal(name);
        return 0;
}

int nfw_rtnl_link_names(struct nfw_rtnl *rtnl, struct nfw_link_names *names) {
        size_t n = names->vec.n;
        int r = nfw_rtnl_foreach_link(rtnl, add_name, names);

        if (r < 0)
                truncate_names(names, n);
        return r;
}

void nfw_link_names_deinit(struct nfw_link_names *names) {
        truncate_names(names, 0);
        nfw_vec_deinit(&names->vec);
}
