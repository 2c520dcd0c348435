/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nflog/message.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

/* What the reader uses, and how large it must at least be. */
static const struct {
        enum mnl_attr_data_type type;
        size_t size;
} attribute_types[] = {
        [NFULA_PACKET_HDR] = { MNL_TYPE_UNSPEC, sizeof(struct nfulnl_msg_packet_hdr) },
        [NFULA_IFINDEX_INDEV] = { MNL_TYPE_U32, sizeof(uint32_t) },
        [NFULA_IFINDEX_OUTDEV] = { MNL_TYPE_U32, sizeof(uint32_t) },
        [NFULA_IFINDEX_PHYSINDEV] = { MNL_TYPE_U32, sizeof(uint32_t) },
        [NFULA_IFINDEX_PHYSOUTDEV] = { MNL_TYPE_U32, sizeof(uint32_t) },
        [NFULA_PAYLOAD] = { MNL_TYPE_UNSPEC, 0 },
        [NFULA_PREFIX] = { MNL_TYPE_NUL_STRING, 1 },
        [NFULA_VLAN] = { MNL_TYPE_NESTED, 0 },
};

static int on_attribute(const struct nlattr *attribute, void *userdata) {
        const struct nlattr **attributes = userdata;
        uint16_t type = mnl_attr_get_type(attribute);

        if (type >= NFW_ARRAY_SIZE(attribute_types))
                return MNL_CB_OK;
        if (mnl_attr_get_payload_len(attribute) < attribute_types[type].size ||
            (attribute_types[type].type != MNL_TYPE_UNSPEC &&
             mnl_attr_validate(attribute, attribute_types[type].type) < 0))
                return MNL_CB_ERROR;
        attributes[type] = attribute;
        return MNL_CB_OK;
}

static unsigned int get_interface(const struct nlattr *attribute) {
        return attribute ? ntohl(mnl_attr_get_u32(attribute)) : 0;
}

static int on_vlan(const struct nlattr *attribute, void *userdata) {
        uint16_t *type = userdata;

        if (mnl_attr_get_type(attribute) == NFULA_VLAN_PROTO &&
            mnl_attr_get_payload_len(attribute) >= sizeof(*type))
                *type = ntohs(mnl_attr_get_u16(attribute));
        return MNL_CB_OK;
}

int nfw_nflog_message_parse(const struct nlmsghdr *message, struct nfw_nflog_message *ret_message) {
        const struct nlattr *attributes[NFW_ARRAY_SIZE(attribute_types)] = { 0 };
        const struct nfulnl_msg_packet_hdr *header;
        const struct nfgenmsg *generic;
        struct nfw_nflog_message result = { .prefix = "" };

        if (message->nlmsg_type != ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET) ||
            mnl_nlmsg_get_payload_len(message) < sizeof(*generic))
                return NFW_E_INVALID;
        generic = mnl_nlmsg_get_payload(message);
        if (mnl_attr_parse(message, sizeof(*generic), on_attribute, attributes) < 0)
                return NFW_E_INVALID;
        if (!attributes[NFULA_PACKET_HDR])
                return NFW_E_INVALID;

        header = mnl_attr_get_payload(attributes[NFULA_PACKET_HDR]);
        result.ether_type = ntohs(header->hw_protocol);
        if (attributes[NFULA_PREFIX])
                result.prefix = mnl_attr_get_str(attributes[NFULA_PREFIX]);
        if (attributes[NFULA_PAYLOAD]) {
                result.payload = mnl_attr_get_payload(attributes[NFULA_PAYLOAD]);
                result.payload_size = mnl_attr_get_payload_len(attributes[NFULA_PAYLOAD]);
        }

        result.is_bridge = generic->nfgen_family == AF_BRIDGE;
        if (attributes[NFULA_VLAN])
                (void)mnl_attr_parse_nested(attributes[NFULA_VLAN], on_vlan, &result.vlan_type);
        result.in_interface = get_interface(attributes[NFULA_IFINDEX_INDEV]);
        result.out_interface = get_interface(attributes[NFULA_IFINDEX_OUTDEV]);
        if (result.is_bridge) {
                /*
                 * A kernel with br_netfilter names the bridge there and the port as the "physical" device.
                 * In the other families both can be set as well, and there the rule saw the bridge.
                 */
                unsigned int in_port = get_interface(attributes[NFULA_IFINDEX_PHYSINDEV]);
                unsigned int out_port = get_interface(attributes[NFULA_IFINDEX_PHYSOUTDEV]);

                result.in_interface = in_port ? in_port : result.in_interface;
                result.out_interface = out_port ? out_port : result.out_interface;
        }
        *ret_message = result;
        return 0;
}
