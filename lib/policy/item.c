/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/item.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/suggest.h"
#include "policy/special.h"

#define HINT_MAX 160

static int refuse(struct nfw_reader *reader,
                  const char *code,
                  const struct nfw_yaml_event *event,
                  const char *hint,
                  const char *what,
                  const char *reason,
                  bool *ret_good) {
        char quote[NFW_QUOTE_MAX + 4];

        *ret_good = false;
        return nfw_sink_error(&reader->sink, code, &event->pos, hint, "`%s` is no %s: %s",
                              nfw_quote(event->text, quote), what, reason);
}

int nfw_item_protocol(struct nfw_reader *reader,
                      const struct nfw_yaml_event *event,
                      struct nfw_item *item,
                      bool *ret_good) {
        static const char *const names[] = { "tcp", "udp", "icmp" };
        static const unsigned int bits[] = { NFW_PROTOCOL_TCP, NFW_PROTOCOL_UDP, NFW_PROTOCOL_ICMP };
        const char *hint = NULL, *nearest;
        char suggestion[HINT_MAX];

        for (size_t i = 0; i < NFW_ARRAY_SIZE(names); i++)
                if (strcmp(event->text, names[i]) == 0) {
                        item->protocol = bits[i];
                        item->octets = &item->protocol;
                        item->n_octets = sizeof(item->protocol);
                        return 0;
                }

        nearest = nfw_suggest(event->text, names, NFW_ARRAY_SIZE(names));
        if (strcasecmp(event->text, "icmpv6") == 0)
                hint = "`icmp` means both ICMPv4 and ICMPv6";
        else if (strcasecmp(event->text, "any") == 0 || strcasecmp(event->text, "all") == 0)
                hint = "leave `protocols` out to match every protocol";
        else if (nearest) {
                (void)snprintf(suggestion, sizeof(suggestion), "did you mean `%s`?", nearest);
                hint = suggestion;
        }
        return refuse(reader, "policy/bad-protocol", event, hint, "protocol",
                      "they are `tcp`, `udp` and `icmp`", ret_good);
}

static const char *domain_hint(const char *text) {
        struct nfw_prefix prefix;
        const char *reason;
        bool host_bits;

        if (nfw_prefix_parse(text, &prefix, &host_bits, &reason) == 0)
                return "addresses belong under `ips`";
        if (strpbrk(text, "/:"))
                return "write the name only, without a scheme, a port or a path";
        if (strchr(text, '*'))
                return "`*.example.com` covers every name below example.com at any depth, `*` every name";
        return NULL;
}

int nfw_item_domain(struct nfw_reader *reader,
                    const struct nfw_yaml_event *event,
                    struct nfw_item *item,
                    bool *ret_good) {
        static const char *const notes[] = {
                [NFW_SPECIAL_HOST] = "the host's own addresses on the guest's link",
                [NFW_SPECIAL_SUBNET] = "the networks of the guest's link",
        };
        enum nfw_special_domain special;
        const char *reason;

        if (nfw_domain_parse(event->text, &item->domain, &reason) != 0)
                return refuse(reader, "policy/bad-domain", event, domain_hint(event->text), "domain pattern",
                              reason, ret_good);

        item->octets = &item->domain;
        item->n_octets = offsetof(struct nfw_domain, name) + strlen(item->domain.name);

        special = nfw_special_domain(&item->domain);
        if (special == NFW_SPECIAL_NONE)
                return 0;
        return nfw_sink_note(&reader->sink, "policy/special-domain", &event->pos, NULL,
                             "`%s` means %s; it is not learned from DNS", item->domain.name, notes[special]);
}

/* Such packets do not exist: a rule about them would match nothing, also where it was meant to deny. */
static bool is_mapped(const struct nfw_prefix *prefix) {
        static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

        return prefix->addr.family == AF_INET6 && prefix->length >= 8 * sizeof(mapped) &&
               memcmp(prefix->addr.bytes, mapped, sizeof(mapped)) == 0;
}

static const char *prefix_hint(const char *text) {
        struct nfw_domain domain;
        const char *reason;

        return nfw_domain_parse(text, &domain, &reason) == 0 ? "names belong under `domains`" : NULL;
}

int nfw_item_prefix(struct nfw_reader *reader,
                    const struct nfw_yaml_event *event,
                    struct nfw_item *item,
                    bool *ret_good) {
        char quote[NFW_QUOTE_MAX + 4], addr[NFW_ADDR_TEXT_MAX];
        const char *reason;
        bool host_bits;

        if (nfw_prefix_parse(event->text, &item->prefix, &host_bits, &reason) != 0)
                return refuse(reader, "policy/bad-address", event, prefix_hint(event->text),
                              "address or prefix", reason, ret_good);
        if (is_mapped(&item->prefix))
                return refuse(reader, "policy/bad-address", event, "write it as an IPv4 address",
                              "address that packets have", "it is an IPv4 address inside of an IPv6 address",
                              ret_good);

        item->octets = &item->prefix;
        item->n_octets = nfw_prefix_size(item->prefix.addr.family);
        if (!host_bits)
                return 0;
        return nfw_sink_warning(&reader->sink, "policy/host-bits", &event->pos, NULL,
                                "`%s` has bits set behind its prefix; it is taken as %s/%u",
                                nfw_quote(event->text, quote), nfw_addr_format(&item->prefix.addr, addr),
                                item->prefix.length);
}

int nfw_item_ports(struct nfw_reader *reader,
                   const struct nfw_yaml_event *event,
                   struct nfw_item *item,
                   bool *ret_good) {
        const char *reason;

        if (nfw_port_range_parse(event->text, &item->ports, &reason) != 0)
                return refuse(reader, "policy/bad-port", event, NULL, "port", reason, ret_good);

        item->octets = &item->ports;
        item->n_octets = sizeof(item->ports);
        return 0;
}
