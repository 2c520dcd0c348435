/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/nwfilter/learning.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include <linux/if_ether.h>

#include "engine/statistics.h"
#include "ir/filter/disjoint.h"
#include "net/mac.h"

static const char *const modes[] = { [NFW_SNOOP_ANY] = "any", [NFW_SNOOP_DHCP] = "dhcp" };

/* --- what the binding says ----------------------------------------------------------------------------------- */

static int refuse(struct nfw_report *report, const char *code, const char *hint, const char *text) {
        int r;

        r = nfw_report_error(report, code, NULL, hint, "%s", text);
        return r < 0 ? r : NFW_E_INVALID;
}

/* *ret_learns is false where nothing shall be learned. */
static int read_mode(const struct nfw_nwfilter_parameters *values,
                     struct nfw_report *report,
                     enum nfw_snoop_mode *ret_mode,
                     bool *ret_learns) {
        const struct nfw_nwfilter_parameter *how = nfw_nwfilter_parameters_find(values, "CTRL_IP_LEARNING");
        const char *value = how && how->values.n > 0 ? how->values.items[0] : modes[NFW_SNOOP_ANY];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(modes); i++)
                if (strcasecmp(value, modes[i]) == 0) {
                        *ret_mode = (enum nfw_snoop_mode)i;
                        *ret_learns = true;
                        return 0;
                }
        *ret_learns = false;
        if (strcasecmp(value, "none") == 0)
                return 0;
        return refuse(report, "nwfilter/learning", "any, dhcp or none",
                      "CTRL_IP_LEARNING has a value that says nothing of how addresses are learned");
}

static int read_servers(const struct nfw_nwfilter_parameters *values,
                        struct nfw_report *report,
                        struct nfw_snoop_options *options) {
        const struct nfw_nwfilter_parameter *servers = nfw_nwfilter_parameters_find(values, "DHCPSERVER");

        for (size_t i = 0; servers && i < servers->values.n; i++) {
                if (options->n_servers == NFW_SNOOP_MAX_SERVERS)
                        return refuse(report, "nwfilter/dhcp-server", NULL,
                                      "DHCPSERVER has more than 16 values");
                if (nfw_addr_parse(servers->values.items[i], &options->servers[options->n_servers]) != 0)
                        return refuse(
                                report, "nwfilter/dhcp-server", "an IPv4 or IPv6 address",
                                "a value of DHCPSERVER is no address, and leases of that server shall count");
                options->n_servers++;
        }
        return 0;
}

static int read_mac(const struct nfw_nwfilter_parameters *values,
                    struct nfw_report *report,
                    struct nfw_snoop_options *options) {
        const struct nfw_nwfilter_parameter *mac = nfw_nwfilter_parameters_find(values, "MAC");

        if (!mac || mac->values.n == 0 || !nfw_mac_parse(mac->values.items[0], options->mac))
                return refuse(report, "nwfilter/no-mac", "add an element mac to the binding",
                              "addresses can be learned of a guest whose MAC address is given only");
        return 0;
}

bool nfw_learning_is_for(const struct nfw_compiled *compiled,
                         size_t set,
                         const struct nfw_nwfilter_parameters *values) {
        const struct nfw_filter_set *from = &compiled->ir->sets.items[compiled->plan->sets.items[set].source];

        return nfw_filter_set_learns(compiled->tree, from, values, AF_INET) ||
               nfw_filter_set_learns(compiled->tree, from, values, AF_INET6);
}

static int read_learning(const struct nfw_compiled *compiled,
                         const struct nfw_nwfilter_parameters *values,
                         struct nfw_report *report,
                         struct nfw_learning *learning) {
        bool learns;
        int r;

        r = read_mode(values, report, &learning->options.mode, &learns);
        if (r != 0 || !learns)
                return r;
        nfw_vec_foreach (set, &compiled->ir->sets) {
                learning->wants4 |= nfw_filter_set_learns(compiled->tree, set, values, AF_INET);
                learning->wants6 |= nfw_filter_set_learns(compiled->tree, set, values, AF_INET6);
        }
        if (!nfw_learning_is_wanted(learning))
                return 0;
        r = read_servers(values, report, &learning->options);
        return r == 0 ? read_mac(values, report, &learning->options) : r;
}

int nfw_learning_read(const struct nfw_compiled *compiled,
                      const struct nfw_nwfilter_binding *binding,
                      struct nfw_report *report,
                      struct nfw_learning *ret_learning) {
        struct nfw_nwfilter_parameters values = { 0 };
        struct nfw_learning learning = { 0 };
        int r;

        r = nfw_nwfilter_binding_values(binding, &values);
        if (r < 0)
                return r;
        r = read_learning(compiled, &values, report, &learning);
        nfw_nwfilter_parameters_deinit(&values);
        if (r == 0)
                *ret_learning = learning;
        return r;
}

/* --- the guest in the kernel --------------------------------------------------------------------------------- */

/* With leases of servers only, the address that every host has on its link is not what was waited for. */
static bool knows(const struct nfw_learning *learning, const struct nfw_nft_guest *guest, uint8_t family) {
        nfw_vec_foreach (lease, &guest->leases)
                if (lease->addr.family == family &&
                    (learning->options.mode == NFW_SNOOP_ANY || !lease->is_claimed))
                        return true;
        return false;
}

static int wait_for(struct nfw_nft_guest *guest, const uint16_t *types, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++)
                r = nfw_vec_push(&guest->waits_for, types[i]);
        return r;
}

static int decide(const struct nfw_learning *learning, struct nfw_nft_guest *guest) {
        static const uint16_t types4[] = { ETH_P_IP, ETH_P_ARP, ETH_P_RARP }, types6[] = { ETH_P_IPV6 };
        bool waits4 = learning->wants4 && !knows(learning, guest, AF_INET);
        bool waits6 = learning->wants6 && !knows(learning, guest, AF_INET6);

        guest->is_there = guest->has_mac = true;
        memcpy(guest->mac, learning->options.mac, sizeof(guest->mac));
        guest->waits = waits4 == learning->wants4 && waits6 == learning->wants6;
        guest->waits_for.n = 0;
        if (guest->waits || (!waits4 && !waits6))
                return 0;
        return waits4 ? wait_for(guest, types4, NFW_ARRAY_SIZE(types4))
                      : wait_for(guest, types6, NFW_ARRAY_SIZE(types6));
}

int nfw_learning_guest(const struct nfw_learning *learning,
                       const struct nfw_nft_guest *known,
                       struct nfw_nft_guest *ret_guest) {
        static const struct nfw_nft_guest nothing;
        struct nfw_nft_guest guest = { 0 };
        int r;

        r = nfw_nft_guest_copy(known ? known : &nothing, &guest);
        if (r == 0 && nfw_learning_is_wanted(learning)) {
                r = decide(learning, &guest);
        } else if (r == 0) {
                nfw_nft_guest_deinit(&guest);
                guest = nothing;
        }
        if (r < 0) {
                nfw_nft_guest_deinit(&guest);
                return r;
        }
        nfw_nft_guest_deinit(ret_guest);
        *ret_guest = guest;
        return 0;
}

int nfw_learning_guest_begin(struct nfw_context *context, const char *port, struct nfw_nft_guest *guest) {
        struct nfw_link link = { .index = 0 };
        uint64_t random;
        int r;

        r = nfw_rtnl_link_by_name(context->rtnl, port, &link);
        if (r < 0)
                return r;
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
                return -errno;
        guest->link = r == 0 ? link.index : 0;
        snprintf(guest->id, sizeof(guest->id), "%016" PRIx64, random);
        guest->leases.n = 0;
        return 0;
}

/* --- values -------------------------------------------------------------------------------------------------- */

/* What the set has of one address alone, as if the port had given it. */
static int make_tuples(const struct nfw_compiled *compiled,
                       const struct nfw_filter_set *from,
                       const struct nfw_nwfilter_parameters *values,
                       const struct nfw_addr *addr,
                       struct nfw_report *report,
                       struct nfw_filter_tuples *ret_tuples) {
        const char *name = addr->family == AF_INET ? NFW_FILTER_IP : NFW_FILTER_IPV6;
        struct nfw_nwfilter_parameters with_address = { 0 };
        char text[NFW_ADDR_TEXT_MAX];
        int r;

        nfw_addr_format(addr, text);
        r = nfw_nwfilter_parameters_copy(values, &with_address);
        if (r == 0)
                r = nfw_nwfilter_parameters_add(&with_address, name, text, &NFW_POS_NONE);
        if (r == 0)
                r = nfw_filter_set_tuples(compiled->ir, compiled->tree, from, &with_address, false, report,
                                          ret_tuples);
        nfw_nwfilter_parameters_deinit(&with_address);
        return r;
}

static int check(const struct nfw_compiled *compiled,
                 const struct nfw_filter_set *from,
                 const struct nfw_nwfilter_parameters *values,
                 struct nfw_report *report) {
        static const char *const examples[] = { "192.0.2.1", "2001:db8::1" };
        int r = 0;

        for (size_t i = 0; i < NFW_ARRAY_SIZE(examples) && r == 0; i++) {
                struct nfw_filter_tuples tuples = { 0 };
                struct nfw_addr addr;

                if (nfw_addr_parse(examples[i], &addr) != 0 ||
                    !nfw_filter_set_learns(compiled->tree, from, values, addr.family))
                        continue;
                r = make_tuples(compiled, from, values, &addr, report, &tuples);
                nfw_filter_tuples_deinit(&tuples);
        }
        return r;
}

static bool has_key(const struct nfw_nft_filter_elements *elements,
                    size_t begin,
                    size_t end,
                    const struct nfw_nft_filter_element *element) {
        for (size_t i = begin; i < end; i++)
                if (elements->vec.items[i].size == element->size &&
                    memcmp(elements->vec.items[i].key, element->key, element->size) == 0)
                        return true;
        return false;
}

static uint64_t timeout_of(uint64_t expires_ms) {
        uint64_t now = nfw_nft_now();

        return expires_ms == UINT64_MAX ? 0 : expires_ms > now ? expires_ms - now : 1;
}

struct wanted {
        const struct nfw_compiled *compiled;
        const struct nfw_filter_set *from;
        const struct nfw_plan_set *to;
        size_t set;
        const char *port;
        const struct nfw_nwfilter_parameters *values;
        const struct nfw_nft_lease *leases[2 * NFW_SNOOP_MAX_LEASES]; /* the longest first */
        size_t n_leases;
};

/* Where only part of an address counts, two may be the same element: it lives as long as the longer one. */
static int add_single(const struct wanted *wanted,
                      struct nfw_report *report,
                      struct nfw_nft_filter_elements *elements) {
        size_t begin = elements->vec.n;

        for (size_t i = 0; i < wanted->n_leases; i++) {
                size_t before = elements->vec.n, n = before;
                struct nfw_filter_tuples tuples = { 0 };
                int r;

                r = make_tuples(wanted->compiled, wanted->from, wanted->values, &wanted->leases[i]->addr,
                                report, &tuples);
                if (r == 0)
                        r = nfw_nft_encode_tuples(wanted->to, wanted->set, wanted->port, tuples.vec.items,
                                                  tuples.vec.n / wanted->to->n_fields, elements);
                nfw_filter_tuples_deinit(&tuples);
                if (r != 0)
                        return r;
                for (size_t j = before; j < elements->vec.n; j++) {
                        if (has_key(elements, begin, before, &elements->vec.items[j]))
                                continue;
                        elements->vec.items[n] = elements->vec.items[j];
                        elements->vec.items[n++].timeout_ms = timeout_of(wanted->leases[i]->expires_ms);
                }
                elements->vec.n = n;
        }
        return 0;
}

/* Ranges must not overlap, so they are put together; the learner takes them apart when one of the leases ends. */
static int add_ranges(const struct wanted *wanted,
                      struct nfw_report *report,
                      struct nfw_nft_filter_elements *elements) {
        struct nfw_filter_tuples all = { 0 };
        size_t before = elements->vec.n;
        bool fits = true;
        int r = 0;

        for (size_t i = 0; i < wanted->n_leases && r == 0; i++) {
                struct nfw_filter_tuples tuples = { 0 };

                r = make_tuples(wanted->compiled, wanted->from, wanted->values, &wanted->leases[i]->addr,
                                report, &tuples);
                nfw_vec_foreach (range, &tuples.vec)
                        if (r == 0)
                                r = nfw_vec_push(&all.vec, *range);
                nfw_filter_tuples_deinit(&tuples);
        }
        if (r == 0)
                r = nfw_filter_tuples_disjoin(wanted->from, &all, &fits);
        if (r == 0 && fits)
                r = nfw_nft_encode_tuples(wanted->to, wanted->set, wanted->port, all.vec.items,
                                          all.vec.n / wanted->to->n_fields, elements);
        nfw_filter_tuples_deinit(&all);
        for (size_t i = before; i < elements->vec.n; i++)
                elements->vec.items[i].timeout_ms = timeout_of(wanted->leases[0]->expires_ms);
        return r;
}

static void sort_leases(struct wanted *wanted, const struct nfw_nft_guest *guest, uint8_t family) {
        wanted->n_leases = 0;
        nfw_vec_foreach (lease, &guest->leases) {
                size_t at = wanted->n_leases;

                if (lease->addr.family != family || at == NFW_ARRAY_SIZE(wanted->leases))
                        continue;
                for (; at > 0 && wanted->leases[at - 1]->expires_ms < lease->expires_ms; at--)
                        wanted->leases[at] = wanted->leases[at - 1];
                wanted->leases[at] = lease;
                wanted->n_leases++;
        }
}

int nfw_learning_elements(const struct nfw_compiled *compiled,
                          size_t set,
                          const char *port,
                          const struct nfw_nwfilter_parameters *values,
                          const struct nfw_nft_guest *guest,
                          struct nfw_report *report,
                          struct nfw_nft_filter_elements *elements) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        struct wanted wanted = {
                .compiled = compiled,
                .to = &compiled->plan->sets.items[set],
                .set = set,
                .port = port,
                .values = values,
        };
        int r = 0;

        wanted.from = &compiled->ir->sets.items[wanted.to->source];
        if (!guest || guest->leases.n == 0)
                return check(compiled, wanted.from, values, report);
        for (size_t i = 0; i < NFW_ARRAY_SIZE(families) && r == 0; i++) {
                sort_leases(&wanted, guest, families[i]);
                if (wanted.n_leases == 0 ||
                    !nfw_filter_set_learns(compiled->tree, wanted.from, values, families[i]))
                        continue;
                r = wanted.to->interval ? add_ranges(&wanted, report, elements)
                                        : add_single(&wanted, report, elements);
        }
        return r;
}

int nfw_learning_warn(const struct nfw_context *context, struct nfw_report *report) {
        bool running;
        int r;

        r = nfw_statistics_is_running(context, &running);
        if (r < 0 || running)
                return r;
        return nfw_report_warning(report, "nwfilter/no-learner", NULL,
                                  "start nfwpolicyd, or give the variable a value",
                                  "nobody learns the guest's addresses now: it can do DHCP and nothing else");
}
