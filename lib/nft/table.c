/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nft/table.h"

#include <sys/socket.h>

#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "ir/plan/constant.h"
#include "nft/chain.h"
#include "nft/names.h"
#include "nft/rule.h"
#include "nft/set.h"

static int put_table(struct nfw_nft_batch *batch, enum nfw_table table, uint16_t type) {
        struct nfw_nft_origin origin = { .what = "table", .name = nfw_nft_family_name(table) };
        struct nfw_nft_userdata_buffer userdata = { .size = 0 };
        struct nlmsghdr *message;
        int r;

        r = nfw_nft_batch_begin(batch, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE | NLM_F_EXCL : 0,
                                nfw_nft_nfproto(table), &origin, &message);
        if (r < 0)
                return r;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, nfw_nft_batch_table_name(batch));
        if (type == NFT_MSG_NEWTABLE &&
            nfw_nft_userdata_put_comment(&userdata, NFTNL_UDATA_TABLE_COMMENT, NFW_NFT_OWNER " " NFW_VERSION))
                mnl_attr_put(message, NFTA_TABLE_USERDATA, userdata.size, userdata.data);
        return nfw_nft_batch_end(batch, message);
}

int nfw_nft_put_bare_table(struct nfw_nft_batch *batch, enum nfw_table table) {
        return put_table(batch, table, NFT_MSG_NEWTABLE);
}

static int put_fixed_set(struct nfw_nft_batch *batch, enum nfw_table table, const struct nfw_nft_set *set) {
        struct nfw_nft_origin origin = { .what = "set", .name = set->name };

        return nfw_nft_put_set(batch, table, set, NULL, &origin);
}

static int put_constant(struct nfw_nft_batch *batch, enum nfw_table table, enum nfw_plan_constant constant) {
        struct nfw_nft_origin origin = { .what = "set", .name = nfw_plan_constant_name(constant) };
        struct nfw_plan_set plan_set;
        struct nfw_nft_set set;
        int r;

        nfw_plan_constant_set(constant, &plan_set);
        r = nfw_nft_set_from_plan(&plan_set, &set);
        if (r == 0)
                r = nfw_nft_put_set(batch, table, &set, NULL, &origin);
        return r < 0 ? r : nfw_nft_put_set_elements(batch, table, &set, &plan_set, &origin);
}

int nfw_nft_put_table(struct nfw_nft_batch *batch, enum nfw_table table) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        struct nfw_nft_set set;
        int r;

        r = put_table(batch, table, NFT_MSG_NEWTABLE);

        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++) {
                nfw_nft_set_from_map(direction, &set);
                r = put_fixed_set(batch, table, &set);
        }
        for (int parameter = 0; parameter < NFW_N_PARAMETERS; parameter++)
                for (size_t i = 0; i < NFW_ARRAY_SIZE(families) && r == 0; i++) {
                        nfw_nft_set_from_parameter(parameter, families[i], &set);
                        r = put_fixed_set(batch, table, &set);
                }
        for (int constant = 0; constant < NFW_N_CONSTANTS && r == 0; constant++)
                if (nfw_plan_constant_is_in(constant, table))
                        r = put_constant(batch, table, constant);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = nfw_nft_put_base_chain(batch, table, direction);
        for (int direction = 0; direction < NFW_N_DIRECTIONS && r == 0; direction++)
                r = nfw_nft_put_dispatch_rule(batch, table, direction);
        return r;
}

int nfw_nft_put_table_removal(struct nfw_nft_batch *batch, enum nfw_table table) {
        return put_table(batch, table, NFT_MSG_DELTABLE);
}
