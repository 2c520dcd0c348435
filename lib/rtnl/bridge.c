/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "rtnl/request.h"

/* The kernel counts in hundredths of a second. */
#define TICKS 100u

/* Links may come and go while they are listed, but not for ever. */
#define DUMP_TRIES 16

struct request {
        _Alignas(struct nlmsghdr) char buffer[1024]; /* zeroed: padding goes to the kernel too */
};

static struct nlmsghdr *begin_link(struct nfw_rtnl *rtnl,
                                   struct request *request,
                                   uint16_t type,
                                   uint16_t flags,
                                   unsigned int index,
                                   bool up) {
        struct nlmsghdr *message = nfw_rtnl_begin(rtnl, request->buffer, type, flags);
        struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

        info->ifi_family = AF_UNSPEC;
        info->ifi_index = (int)index;
        if (up)
                info->ifi_flags = info->ifi_change = IFF_UP;
        return message;
}

int nfw_rtnl_bridge_add(struct nfw_rtnl *rtnl, const struct nfw_rtnl_bridge *bridge) {
        struct request request = { { 0 } };
        struct nlmsghdr *message =
                begin_link(rtnl, &request, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, false);
        struct nlattr *info, *data;

        mnl_attr_put_strz(message, IFLA_IFNAME, bridge->name);
        if (bridge->mac)
                mnl_attr_put(message, IFLA_ADDRESS, 6, bridge->mac);
        if (bridge->mtu)
                mnl_attr_put_u32(message, IFLA_MTU, bridge->mtu);
        info = mnl_attr_nest_start(message, IFLA_LINKINFO);
        mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
        data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
        /* The delay first: with the spanning tree on, less than two seconds are refused. */
        mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, bridge->delay * TICKS);
        mnl_attr_put_u32(message, IFLA_BR_STP_STATE, bridge->stp);
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, info);
        return nfw_rtnl_talk(rtnl, message, NULL, NULL);
}

int nfw_rtnl_link_remove(struct nfw_rtnl *rtnl, unsigned int index) {
        struct request request = { { 0 } };

        return nfw_rtnl_talk(rtnl, begin_link(rtnl, &request, RTM_DELLINK, NLM_F_ACK, index, false), NULL,
                             NULL);
}

int nfw_rtnl_link_up(struct nfw_rtnl *rtnl, unsigned int index) {
        struct request request = { { 0 } };

        return nfw_rtnl_talk(rtnl, begin_link(rtnl, &request, RTM_NEWLINK, NLM_F_ACK, index, true), NULL,
                             NULL);
}

int nfw_rtnl_address_add(struct nfw_rtnl *rtnl,
                         unsigned int index,
                         const struct nfw_addr *addr,
                         uint8_t length) {
        struct request request = { { 0 } };
        struct nlmsghdr *message =
                nfw_rtnl_begin(rtnl, request.buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
        struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
        size_t size = nfw_addr_size(addr->family);

        info->ifa_family = addr->family;
        info->ifa_prefixlen = length;
        info->ifa_index = index;
        mnl_attr_put(message, IFA_LOCAL, size, addr->bytes);
        mnl_attr_put(message, IFA_ADDRESS, size, addr->bytes);
        if (addr->family == AF_INET6) {
                mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
        } else if (length < 31) {
                uint8_t broadcast[4];

                memcpy(broadcast, addr->bytes, sizeof(broadcast));
                for (unsigned int bit = length; bit < 32; bit++)
                        broadcast[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
                mnl_attr_put(message, IFA_BROADCAST, sizeof(broadcast), broadcast);
        }
        return nfw_rtnl_talk(rtnl, message, NULL, NULL);
}

struct ports {
        unsigned int bridge;
        struct nfw_link_names *names;
};

struct port {
        const char *name;
        unsigned int master;
};

static int on_attribute(const struct nlattr *attribute, void *userdata) {
        struct port *port = userdata;

        if (mnl_attr_get_type(attribute) == IFLA_IFNAME &&
            mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
                port->name = mnl_attr_get_str(attribute);
        else if (mnl_attr_get_type(attribute) == IFLA_MASTER &&
                 mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
                port->master = mnl_attr_get_u32(attribute);
        return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *message, void *userdata) {
        const struct ports *ports = userdata;
        struct port port = { 0 };
        char *name;

        if (message->nlmsg_type != RTM_NEWLINK ||
            mnl_attr_parse(message, sizeof(struct ifinfomsg), on_attribute, &port) < 0) {
                errno = EBADMSG;
                return MNL_CB_ERROR;
        }
        if (!port.name || port.master != ports->bridge)
                return MNL_CB_OK;
        name = strdup(port.name);
        if (!name || nfw_vec_push(&ports->names->vec, name) < 0) {
                free(name);
                errno = ENOMEM;
                return MNL_CB_ERROR;
        }
        return MNL_CB_OK;
}

int nfw_rtnl_bridge_ports(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_link_names *names) {
        struct ports ports = { .bridge = index, .names = names };
        size_t n = names->vec.n;
        int r = -EINTR;

        for (int i = 0; r == -EINTR && i < DUMP_TRIES; i++) {
                struct request request = { { 0 } };

                while (names->vec.n > n)
                        free(names->vec.items[--names->vec.n]);
                r = nfw_rtnl_talk(rtnl, begin_link(rtnl, &request, RTM_GETLINK, NLM_F_DUMP, 0, false),
                                  on_link, &ports);
        }
        return r;
}
