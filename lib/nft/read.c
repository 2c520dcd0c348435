/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/read.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "nft/names.h"
#include "nft/socket-internal.h"
#include "nft/userdata.h"

void nfw_nft_read_attributes(const struct nlmsghdr *message,
                             const struct nlattr **ret_attributes,
                             size_t max) {
        const struct nlattr *attribute;

        memset(ret_attributes, 0, (max + 1) * sizeof(*ret_attributes));
        mnl_attr_for_each(attribute, message,
                          sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attribute) <= max)
                ret_attributes[mnl_attr_get_type(attribute)] = attribute;
}

bool nfw_nft_is_ours(const struct nlmsghdr *message,
                     enum nfw_table table,
                     const char *table_name,
                     const struct nlattr *attribute) {
        const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);

        return header->nfgen_family == nfw_nft_nfproto(table) && attribute &&
               mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 &&
               strcmp(mnl_attr_get_str(attribute), table_name) == 0;
}

static struct nfw_nft_bytes get_bytes(const struct nlattr *attribute) {
        if (!attribute)
                return (struct nfw_nft_bytes){ 0 };
        return (struct nfw_nft_bytes){ .data = mnl_attr_get_payload(attribute),
                                       .size = mnl_attr_get_payload_len(attribute) };
}

static uint64_t get_u64(const struct nlattr *attribute) {
        return attribute && mnl_attr_validate(attribute, MNL_TYPE_U64) == 0
                       ? be64toh(mnl_attr_get_u64(attribute))
                       : 0;
}

static uint32_t get_u32(const struct nlattr *attribute) {
        return attribute && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0
                       ? ntohl(mnl_attr_get_u32(attribute))
                       : 0;
}

static bool is_zero(const struct nlattr *attribute) {
        return attribute && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0 &&
               mnl_attr_get_u32(attribute) == 0;
}

/* NFTA_SET_COUNT of Linux 6.16. */
#define SET_COUNT 20

struct object_reader {
        const char *table_name;
        enum nfw_table table;
        uint16_t table_type, name_type, flags_type, userdata_type, count_type, handle_type;
        int (*callback)(const struct nfw_nft_object *object, void *userdata);
        void *userdata;
};

/* More than any type of table, chain and set. */
#define MAX_TYPE 32

static int read_object(const struct nlmsghdr *message, void *userdata) {
        const struct object_reader *reader = userdata;
        const struct nlattr *attributes[MAX_TYPE + 1], *name;
        struct nfw_nft_object object;

        nfw_nft_read_attributes(message, attributes, MAX_TYPE);
        name = attributes[reader->name_type];
        if (!nfw_nft_is_ours(message, reader->table, reader->table_name, attributes[reader->table_type]) ||
            !name || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0)
                return 0;

        object = (struct nfw_nft_object){
                .name = mnl_attr_get_str(name),
                .flags = get_u32(attributes[reader->flags_type]),
                .handle = get_u64(attributes[reader->handle_type]),
                .userdata = get_bytes(attributes[reader->userdata_type]),
                .is_empty = is_zero(attributes[reader->count_type]),
        };
        return reader->callback(&object, reader->userdata);
}

static int request_objects(struct nfw_nft_socket *nft, uint16_t type, struct object_reader *reader) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nlmsghdr *request;
        int r;

        reader->table_name = nft->table_name;
        request = nfw_nft_request_begin(buffer, type, NLM_F_DUMP, nfw_nft_nfproto(reader->table));
        mnl_attr_put_strz(request, reader->table_type, nft->table_name);
        r = nfw_nft_request(nft, request, read_object, reader);
        return r == -ENOENT ? 0 : r;
}

int nfw_nft_read_chains(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        int (*callback)(const struct nfw_nft_object *chain, void *userdata),
                        void *userdata) {
        struct object_reader reader = { .table = table,
                                        .table_type = NFTA_CHAIN_TABLE,
                                        .name_type = NFTA_CHAIN_NAME,
                                        .flags_type = NFTA_CHAIN_FLAGS,
                                        .userdata_type = NFTA_CHAIN_USERDATA,
                                        .handle_type = NFTA_CHAIN_HANDLE,
                                        .callback = callback,
                                        .userdata = userdata };

        return request_objects(nft, NFT_MSG_GETCHAIN, &reader);
}

int nfw_nft_read_sets(struct nfw_nft_socket *nft,
                      enum nfw_table table,
                      int (*callback)(const struct nfw_nft_object *set, void *userdata),
                      void *userdata) {
        struct object_reader reader = { .table = table,
                                        .table_type = NFTA_SET_TABLE,
                                        .name_type = NFTA_SET_NAME,
                                        .flags_type = NFTA_SET_FLAGS,
                                        .userdata_type = NFTA_SET_USERDATA,
                                        .count_type = SET_COUNT,
                                        .callback = callback,
                                        .userdata = userdata };

        return request_objects(nft, NFT_MSG_GETSET, &reader);
}

int nfw_nft_read_others(struct nfw_nft_socket *nft,
                        enum nfw_table table,
                        int (*callback)(const struct nfw_nft_object *object, void *userdata),
                        void *userdata) {
        struct object_reader objects = { .table = table,
                                         .table_type = NFTA_OBJ_TABLE,
                                         .name_type = NFTA_OBJ_NAME,
                                         .userdata_type = NFTA_OBJ_USERDATA,
                                         .callback = callback,
                                         .userdata = userdata };
        struct object_reader flowtables = { .table = table,
                                            .table_type = NFTA_FLOWTABLE_TABLE,
                                            .name_type = NFTA_FLOWTABLE_NAME,
                                            .callback = callback,
                                            .userdata = userdata };
        int r;

        r = request_objects(nft, NFT_MSG_GETOBJ, &objects);
        return r < 0 ? r : request_objects(nft, NFT_MSG_GETFLOWTABLE, &flowtables);
}

static int take_table(const struct nfw_nft_object *table, void *userdata) {
        const char *comment = nfw_nft_userdata_comment(table->userdata.data, table->userdata.size,
                                                       NFTNL_UDATA_TABLE_COMMENT);
        static const char ours[] = NFW_NFT_OWNER " "; /* the version follows */
        struct nfw_nft_table_state *state = userdata;

        state->exists = true;
        state->flags = table->flags;
        state->handle = table->handle;
        state->is_ours =
                comment && strncmp(comment, ours, strlen(ours)) == 0 && !(table->flags & NFT_TABLE_F_OWNER);
        return 0;
}

int nfw_nft_read_table(struct nfw_nft_socket *nft,
                       enum nfw_table table,
                       struct nfw_nft_table_state *ret_state) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nfw_nft_table_state state = { 0 };
        struct object_reader reader = { .table = table,
                                        .table_name = nft->table_name,
                                        .table_type = NFTA_TABLE_NAME,
                                        .name_type = NFTA_TABLE_NAME,
                                        .flags_type = NFTA_TABLE_FLAGS,
                                        .userdata_type = NFTA_TABLE_USERDATA,
                                        .handle_type = NFTA_TABLE_HANDLE,
                                        .callback = take_table,
                                        .userdata = &state };
        struct nlmsghdr *request;
        int r;

        request = nfw_nft_request_begin(buffer, NFT_MSG_GETTABLE, 0, nfw_nft_nfproto(table));
        mnl_attr_put_strz(request, NFTA_TABLE_NAME, nft->table_name);
        r = nfw_nft_request(nft, request, read_object, &reader);
        if (r < 0 && r != -ENOENT)
                return r;

        *ret_state = state;
        return 0;
}

int nfw_nft_read_rules(struct nfw_nft_socket *nft,
                       enum nfw_table table,
                       const char *chain,
                       int (*callback)(const struct nlmsghdr *message, void *userdata),
                       void *userdata) {
        NFW_NFT_REQUEST_BUFFER(buffer);
        struct nlmsghdr *request;
        int r;

        request = nfw_nft_request_begin(buffer, NFT_MSG_GETRULE, NLM_F_DUMP, nfw_nft_nfproto(table));
        mnl_attr_put_strz(request, NFTA_RULE_TABLE, nft->table_name);
        if (chain)
                mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
        r = nfw_nft_request(nft, request, callback, userdata);
        return r == -ENOENT ? 0 : r;
}
