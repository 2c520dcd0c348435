/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "many.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "enforce.h"
#include "engine/context.h"
#include "engine/port.h"
#include "lab.h"
#include "nft/element.h"
#include "nft/names.h"

void many_make_links(void) {
        FILE *batch = fopen(BENCH_STATE "/links", "we");

        if (!batch)
                bench_fail("the list of links cannot be written");
        for (unsigned int i = 0; i < MANY_PORTS; i += 2)
                (void)fprintf(batch, "link add p%04u type veth peer name p%04u\n", i, i + 1);
        for (unsigned int i = 0; i < MANY_PORTS; i++)
                (void)fprintf(batch, "addr add 10.%u.%u.1/24 dev p%04u\n", i >> 8, i & 255, i);
        if (fclose(batch) != 0)
                bench_fail("the list of links cannot be written");
        lab_run("ip -batch " BENCH_STATE "/links");
}

/* As a learner would have put them there. */
static void put_grants(struct nfw_context *context, const struct nfw_nft_policy *policy, unsigned int n) {
        nfw_cleanup(nfw_nft_batch_freep) struct nfw_nft_batch *batch = NULL;
        const char *learned = NULL;

        nfw_vec_foreach (set, &policy->sets)
                if (nfw_set_is_learned(*set) && strstr(*set, "-learned4"))
                        learned = *set;
        if (!learned)
                bench_fail("the policy has no set for what is learned");

        bench_check(nfw_nft_batch_new(NFW_NFT_TABLE_DEFAULT, &batch), "a batch");
        for (unsigned int i = 0; i < MANY_PORTS / MANY_POLICIES * MANY_GRANTS_PER_PORT; i++) {
                struct nfw_addr addr = { .family = AF_INET,
                                         .bytes = { 198, (uint8_t)(18 + i / 256), (uint8_t)i, 1 } };
                struct nfw_nft_grant_note note = { .resolver = { .family = AF_INET,
                                                                 .bytes = { 10, 0, 0, 1 } } };
                char port[IFNAMSIZ];

                (void)snprintf(port, sizeof(port), "p%04u",
                               n * (MANY_PORTS / MANY_POLICIES) + i / MANY_GRANTS_PER_PORT);
                (void)snprintf(note.name, sizeof(note.name), "host-%u.bench.example", i);
                bench_check(nfw_nft_put_grant(batch, NFW_NFT_ADD, policy->table, learned, port, &addr,
                                              3600000, &note),
                            "a grant");
        }
        bench_check(nfw_nft_commit(context->nft, batch, 0, false, NULL), "the grants");
}

void many_fill(struct nfw_context *context) {
        for (unsigned int i = 0; i < MANY_POLICIES; i++) {
                char names[MANY_PORTS / MANY_POLICIES][IFNAMSIZ], name[16];
                const char *ports[MANY_PORTS / MANY_POLICIES];

                (void)snprintf(name, sizeof(name), "policy-%u", i);
                enforce_load(context, name, enforce_names_policy, NULL, 0);
                for (unsigned int j = 0; j < NFW_ARRAY_SIZE(ports); j++) {
                        (void)snprintf(names[j], IFNAMSIZ, "p%04u",
                                       i * (unsigned int)NFW_ARRAY_SIZE(ports) + j);
                        ports[j] = names[j];
                }
                bench_check(nfw_attach(context, name, ports, NFW_ARRAY_SIZE(ports), NULL), "attaching");
                put_grants(context, nfw_shadow_policy(&context->shadow, name, NFW_TABLE_INET), i);
        }
}
