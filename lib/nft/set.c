/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/names.h"
#include "nft/nftnl.h"
#include "nft/userdata.h"

/*
 * Smaller sets gain nothing, and are easier to read without. What takes the kernel more than one message to list, about
 * 500 elements, must be above: see nfw_nft_read_elements(); verify does without that.
 */
#define SIZED_MIN 256

/* What nft keeps as data type of a verdict map. */
#define DATA_TYPE_VERDICT 0xffffff00u

#define KEY_MAX           64

/* Senders whose connections are counted, of all ports of a filter together; the kernel wants to be told. */
#define CONNECTIONS_MAX 65535

NFW_DEFINE_NFTNL_CLEANUP(nftnl_set)

size_t nfw_nft_set_size(const struct nfw_nft_set *set) {
        /* What the kernel takes, and shows, where nobody says anything. */
        if (set->flags & NFT_SET_EVAL)
                return UINT16_MAX;
        if (set->flags & (NFT_SET_INTERVAL | NFT_SET_TIMEOUT))
                return 0;
        return set->flags & NFT_SET_ANONYMOUS || set->n_elements >= SIZED_MIN ? set->n_elements : 0;
}

size_t nfw_nft_key_size(const struct nfw_nft_key *key) {
        size_t size = 0;

        if (key->n_fields == 1)
                return key->fields[0]->size;
        for (size_t i = 0; i < key->n_fields; i++)
                size += nfw_nft_padded(key->fields[i]->size);
        return size;
}

static uint32_t key_type(const struct nfw_nft_key *key) {
        uint32_t type = 0;

        for (size_t i = 0; i < key->n_fields; i++)
                type = type << NFW_NFT_TYPE_BITS | key->fields[i]->type;
        return type;
}

/* The kernel tells ranges of one field and boxes of several fields apart by a flag of its own. */
static uint32_t interval_flags(const struct nfw_nft_key *key) {
        return key->n_fields > 1 ? NFT_SET_INTERVAL | NFT_SET_CONCAT : NFT_SET_INTERVAL;
}

int nfw_nft_set_from_plan(const struct nfw_plan_set *plan_set, struct nfw_nft_set *ret_set) {
        struct nfw_nft_set set = { .name = plan_set->name, .comment = plan_set->comment };

        if (plan_set->meter) {
                set.key = (struct nfw_nft_key){ .fields = { nfw_nft_port_field(NFW_EGRESS) }, .n_fields = 1 };
                set.flags = NFT_SET_EVAL | NFT_SET_TIMEOUT;
                set.timeout_ms = NFW_DENIED_TIMEOUT_MS;
                *ret_set = set;
                return 0;
        }
        if ((plan_set->n_fields == 0 && !plan_set->per_port) || plan_set->n_fields > NFW_PLAN_MAX_FIELDS)
                return -EINVAL;
        if (plan_set->learned != SIZE_MAX || plan_set->per_port)
                set.key.fields[set.key.n_fields++] = nfw_nft_port_field(NFW_EGRESS);
        for (size_t i = 0; i < plan_set->n_fields; i++) {
                const struct nfw_nft_field *field = nfw_nft_field(plan_set->fields[i]);

                if (plan_set->is_rarp && nfw_nft_rarp_field(plan_set->fields[i]))
                        field = nfw_nft_rarp_field(plan_set->fields[i]);
                if (field->source == NFW_NFT_SOURCE_CT || field->source == NFW_NFT_SOURCE_TCP_OPTION ||
                    field->mask)
                        return -EOPNOTSUPP;
                /* nft prints a type without a name in a rule, where the field is in sight, and nowhere else. */
                if (!field->type_name && (plan_set->name || plan_set->n_fields > 1) &&
                    !(plan_set->per_port && nfw_nft_field_is_raw(field)))
                        return -EOPNOTSUPP;
                if (plan_set->is_masked[i])
                        set.masks.fields[set.key.n_fields] = plan_set->masks[i];
                set.key.fields[set.key.n_fields++] = field;
        }
        if (nfw_nft_key_size(&set.key) > KEY_MAX)
                return -EINVAL;

        if (plan_set->interval)
                set.flags |= interval_flags(&set.key);
        if (plan_set->learned != SIZE_MAX || plan_set->has_timeout)
                set.flags |= NFT_SET_TIMEOUT;
        if (plan_set->connections) {
                set.flags |= NFT_SET_EVAL;
                set.n_elements = CONNECTIONS_MAX;
        }
        set.per_port = plan_set->per_port;
        if (!plan_set->name)
                set.flags |= NFT_SET_ANONYMOUS | NFT_SET_CONSTANT;
        if (!plan_set->connections && plan_set->n_fields > 0)
                set.n_elements = plan_set->elements.n / plan_set->n_fields;

        *ret_set = set;
        return 0;
}

void nfw_nft_set_from_parameter(enum nfw_parameter parameter, uint8_t family, struct nfw_nft_set *ret_set) {
        *ret_set = (struct nfw_nft_set){
                .name = nfw_nft_parameter_set_name(parameter, family),
                .key = { .fields = { nfw_nft_port_field(NFW_EGRESS),
                                     nfw_nft_field(family == AF_INET ? NFW_FIELD_IP_DADDR
                                                                     : NFW_FIELD_IP6_DADDR) },
                         .n_fields = 2 },
        };
        if (parameter == NFW_PARAMETER_SUBNETS)
                ret_set->flags = interval_flags(&ret_set->key);
}

void nfw_nft_set_from_map(enum nfw_direction direction, struct nfw_nft_set *ret_set) {
        *ret_set = (struct nfw_nft_set){
                .name = nfw_nft_map_name(direction),
                .flags = NFT_SET_MAP,
                .key = { .fields = { nfw_nft_port_field(direction) }, .n_fields = 1 },
        };
}

int nfw_nft_marker_init(struct nfw_nft_marker *marker, const char *policy, const char *id) {
        int n = snprintf(marker->name, sizeof(marker->name), "%s" NFW_NFT_MARKER_SUFFIX, policy);
        int n_comment = snprintf(marker->comment, sizeof(marker->comment), "policy %s, id %s", policy, id);

        if (n < 0 || (size_t)n >= sizeof(marker->name) || n_comment < 0 ||
            (size_t)n_comment >= sizeof(marker->comment))
                return -ENAMETOOLONG;

        marker->set = (struct nfw_nft_set){
                .name = marker->name,
                .comment = marker->comment,
                .key = { .fields = { nfw_nft_port_field(NFW_EGRESS) }, .n_fields = 1 },
        };
        return 0;
}

bool nfw_nft_set_is_untyped(const struct nfw_nft_set *set) {
        for (size_t i = 0; set->name && i < set->key.n_fields; i++)
                if (!set->key.fields[i]->type_name)
                        return true;
        return false;
}

/* nft's numbers, of expressions and of what they are made of. */
#define TYPEOF_PAYLOAD 7
#define TYPEOF_META    9
#define TYPEOF_CONCAT  13
#define TYPEOF_UNNAMED 1

/* Records of user data within a record. */
struct nested {
        uint8_t data[NFW_NFT_USERDATA_MAX];
        size_t size;
        bool overflow;
};

static void put_nested(struct nested *nested, uint8_t type, const void *value, size_t size) {
        if (nested->overflow || size > UINT8_MAX || nested->size + 2 + size > sizeof(nested->data)) {
                nested->overflow = true;
                return;
        }
        nested->data[nested->size++] = type;
        nested->data[nested->size++] = (uint8_t)size;
        memcpy(nested->data + nested->size, value, size);
        nested->size += size;
}

static void put_nested_u32(struct nested *nested, uint8_t type, uint32_t value) {
        put_nested(nested, type, &value, sizeof(value));
}

static void put_field(struct nested *fields, size_t index, const struct nfw_nft_field *field) {
        struct nested what = { .size = 0 }, expression = { .size = 0 };

        if (field->source == NFW_NFT_SOURCE_META) {
                put_nested_u32(&what, 0, field->key);
        } else if (field->header) {
                put_nested_u32(&what, 0, field->header);
                put_nested_u32(&what, 1, field->member);
        } else {
                put_nested_u32(&what, 0, 0);
                put_nested_u32(&what, 1, TYPEOF_UNNAMED);
                put_nested_u32(&what, 2, field->key + 1);
                put_nested_u32(&what, 3, 8 * field->offset);
                put_nested_u32(&what, 4, 8u * field->size);
        }
        put_nested_u32(&expression, 0, field->source == NFW_NFT_SOURCE_META ? TYPEOF_META : TYPEOF_PAYLOAD);
        put_nested(&expression, 1, what.data, what.size);
        put_nested(fields, (uint8_t)index, expression.data, expression.size);
}

/* What a type without a name is the type of; the port is always in front. */
static bool put_typeof(struct nfw_nft_userdata_buffer *userdata, const struct nfw_nft_key *key) {
        struct nested fields = { .size = 0 }, concatenation = { .size = 0 };

        for (size_t i = 0; i < key->n_fields; i++)
                put_field(&fields, i, key->fields[i]);
        put_nested_u32(&concatenation, 0, TYPEOF_CONCAT);
        put_nested(&concatenation, 1, fields.data, fields.size);
        return !fields.overflow && !concatenation.overflow &&
               nfw_nft_userdata_put(userdata, NFTNL_UDATA_SET_KEY_TYPEOF, concatenation.data,
                                    concatenation.size);
}

/* Without the byte orders and types nft prints keys wrong, or crashes. */
static bool put_userdata(struct nfw_nft_userdata_buffer *userdata,
                         const struct nfw_nft_set *set,
                         const char *policy) {
        enum nfw_nft_byteorder byteorder =
                set->key.n_fields == 1 ? set->key.fields[0]->byteorder : NFW_NFT_BYTEORDER_NONE;

        return nfw_nft_userdata_put_u32(userdata, NFTNL_UDATA_SET_KEYBYTEORDER, byteorder) &&
               (!(set->flags & NFT_SET_MAP) ||
                nfw_nft_userdata_put_u32(userdata, NFTNL_UDATA_SET_DATABYTEORDER, NFW_NFT_BYTEORDER_NONE)) &&
               (!nfw_nft_set_is_untyped(set) || put_typeof(userdata, &set->key)) &&
               (!set->comment ||
                nfw_nft_userdata_put_comment(userdata, NFTNL_UDATA_SET_COMMENT, set->comment)) &&
               (!policy || nfw_nft_userdata_put_text(userdata, NFW_NFT_USERDATA_OURS, policy));
}

/* With more of them in one key nft 1.0.6 ends in an assertion when it lists elements, and lists nothing at all. */
#define MAX_UNTYPED 3

bool nfw_nft_set_can_be_listed(const struct nfw_nft_set *set) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        size_t n_untyped = 0;

        for (size_t i = 0; i < set->key.n_fields; i++)
                n_untyped += !set->key.fields[i]->type_name;
        return n_untyped <= MAX_UNTYPED && put_userdata(&userdata, set, NULL);
}

static int set_userdata(struct nftnl_set *nftnl, const struct nfw_nft_set *set, const char *policy) {
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };

        if (!put_userdata(&userdata, set, policy))
                return -EMSGSIZE;
        return nftnl_set_set_data(nftnl, NFTNL_SET_USERDATA, userdata.data, (uint32_t)userdata.size) < 0
                       ? -ENOMEM
                       : 0;
}

static int set_concatenation(struct nftnl_set *nftnl, const struct nfw_nft_key *key) {
        uint8_t sizes[NFW_NFT_KEY_FIELDS];

        for (size_t i = 0; i < key->n_fields; i++)
                sizes[i] = key->fields[i]->size;
        return nftnl_set_set_data(nftnl, NFTNL_SET_DESC_CONCAT, sizes, (uint32_t)key->n_fields) < 0 ? -ENOMEM
                                                                                                    : 0;
}

int nfw_nft_put_set(struct nfw_nft_batch *batch,
                    enum nfw_table table,
                    const struct nfw_nft_set *set,
                    const char *policy,
                    const struct nfw_nft_origin *origin) {
        nfw_cleanup(nftnl_set_freep) struct nftnl_set *nftnl = nftnl_set_alloc();
        struct nlmsghdr *message;
        int r;

        if (!nftnl)
                return -ENOMEM;

        if (nftnl_set_set_str(nftnl, NFTNL_SET_TABLE, nfw_nft_batch_table_name(batch)) < 0 ||
            nftnl_set_set_str(nftnl, NFTNL_SET_NAME, set->name ? set->name : NFW_NFT_ANONYMOUS_SET) < 0)
                return -ENOMEM;
        nftnl_set_set_u32(nftnl, NFTNL_SET_FLAGS, set->flags);
        nftnl_set_set_u32(nftnl, NFTNL_SET_KEY_TYPE, key_type(&set->key));
        nftnl_set_set_u32(nftnl, NFTNL_SET_KEY_LEN, (uint32_t)nfw_nft_key_size(&set->key));
        nftnl_set_set_u32(nftnl, NFTNL_SET_ID, set->id ? set->id : nfw_nft_batch_next_set_id(batch));
        if (set->flags & NFT_SET_MAP) {
                nftnl_set_set_u32(nftnl, NFTNL_SET_DATA_TYPE, DATA_TYPE_VERDICT);
                nftnl_set_set_u32(nftnl, NFTNL_SET_DATA_LEN, 0);
        }
        if (set->timeout_ms > 0)
                nftnl_set_set_u64(nftnl, NFTNL_SET_TIMEOUT, set->timeout_ms);
        if (nfw_nft_set_size(set) > 0)
                nftnl_set_set_u32(nftnl, NFTNL_SET_DESC_SIZE, (uint32_t)nfw_nft_set_size(set));
        if (set->flags & NFT_SET_CONCAT) {
                r = set_concatenation(nftnl, &set->key);
                if (r < 0)
                        return r;
        }
        r = set_userdata(nftnl, set, policy);
        if (r < 0)
                return r;

        r = nfw_nft_batch_begin(batch, NFT_MSG_NEWSET, NLM_F_CREATE, nfw_nft_nfproto(table), origin,
                                &message);
        if (r < 0)
                return r;
        nftnl_set_nlmsg_build_payload(message, nftnl);
        return nfw_nft_batch_end(batch, message);
}

int nfw_nft_put_set_removal(struct nfw_nft_batch *batch,
                            enum nfw_table table,
                            const char *name,
                            const struct nfw_nft_origin *origin) {
        struct nlmsghdr *message;
        int r;

        r = nfw_nft_batch_begin(batch, NFT_MSG_DELSET, 0, nfw_nft_nfproto(table), origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_SET_TABLE, nfw_nft_batch_table_name(batch));
        mnl_attr_put_strz(message, NFTA_SET_NAME, name);
        return nfw_nft_batch_end(batch, message);
}
