/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"
#include "rtnl/dump.h"
#include "rtnl/held.h"
#include "rtnl/request.h"

struct address_query {
        unsigned int index; /* 0: of any link */
        int (*callback)(unsigned int index, const struct nfw_prefix *address, void *userdata);
        void *userdata;
        int result;
};

static int on_address_attribute(const struct nlattr *attribute, void *userdata) {
        const struct nlattr **address = userdata;

        /*
         * IFA_LOCAL is the host's own address wherever both are there; IFA_ADDRESS is then the other end of a
         * point-to-point link.
         */
        if (mnl_attr_get_type(attribute) == IFA_LOCAL ||
            (mnl_attr_get_type(attribute) == IFA_ADDRESS && !*address))
                *address = attribute;
        return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *message, void *userdata) {
        const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
        struct address_query *query = userdata;
        const struct nlattr *address = NULL;
        struct nfw_prefix prefix = { 0 };

        if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(*info)) {
                errno = EBADMSG;
                return MNL_CB_ERROR;
        }
        if (query->index && info->ifa_index != query->index)
                return MNL_CB_OK;
        if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
                return MNL_CB_OK;
        if (mnl_attr_parse(message, sizeof(*info), on_address_attribute, &address) < 0)
                return MNL_CB_ERROR;
        if (!address)
                return MNL_CB_OK;
        if (mnl_attr_get_payload_len(address) != nfw_addr_size(info->ifa_family)) {
                errno = EBADMSG;
                return MNL_CB_ERROR;
        }
        nfw_addr_from_bytes(info->ifa_family, mnl_attr_get_payload(address), &prefix.addr);
        prefix.length = info->ifa_prefixlen;
        if (query->result == 0)
                query->result = query->callback(info->ifa_index, &prefix, query->userdata);
        return MNL_CB_OK;
}

int nfw_rtnl_dump_addresses(struct nfw_rtnl *rtnl,
                            unsigned int index,
                            int (*callback)(unsigned int index,
                                            const struct nfw_prefix *address,
                                            void *userdata),
                            void *userdata) {
        struct address_query query = { .index = index, .callback = callback, .userdata = userdata };
        _Alignas(struct nlmsghdr) char buffer[512];
        struct nlmsghdr *request = nfw_rtnl_begin(rtnl, buffer, RTM_GETADDR, NLM_F_DUMP);
        struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
        int r;

        info->ifa_family = AF_UNSPEC;
        info->ifa_index = index;
        r = nfw_rtnl_talk(rtnl, request, on_address, &query);
        return query.result ? query.result : r;
}

static int add_address(nfw_unused unsigned int index, const struct nfw_prefix *address, void *userdata) {
        struct nfw_prefixes *prefixes = userdata;

        return nfw_vec_push(&prefixes->vec, *address);
}

int nfw_rtnl_addresses(struct nfw_rtnl *rtnl, unsigned int index, struct nfw_prefixes *prefixes) {
        const struct nfw_rtnl_held *held;
        size_t n = prefixes->vec.n;
        int r;

        r = nfw_rtnl_held_find(rtnl, &held);
        if (r < 0)
                return r;
        if (held)
                return nfw_rtnl_held_addresses(held, index, prefixes);

        r = -EINTR;
        for (size_t try = 0; r == -EINTR && try < NFW_RTNL_DUMP_TRIES; try++) {
                r = nfw_rtnl_dump_addresses(rtnl, index, add_address, prefixes);
                if (r)
                        prefixes->vec.n = n;
        }
        return r == -ENODEV ? NFW_E_NOT_FOUND : r;
}

void nfw_prefixes_deinit(struct nfw_prefixes *prefixes) {
        nfw_vec_deinit(&prefixes->vec);
}
