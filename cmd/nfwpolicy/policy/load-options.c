/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "nfwpolicy/policy/load.h"

#define FIELD(field_) offsetof(struct load_arguments, field_)

const struct option_spec load_options[LOAD_N_OPTIONS] = {
        { .name = "port",
          .letter = 'p',
          .kind = OPTION_STRINGS,
          .offset = FIELD(ports),
          .argument = "IFACE",
          .help = "the host side of the guest's network; may be repeated" },
        { .name = "name",
          .letter = 'n',
          .kind = OPTION_STRING,
          .offset = FIELD(name),
          .argument = "NAME",
          .help = "what it is called (default: the file's name without its suffix)" },
        { .name = "foreground",
          .offset = FIELD(foreground),
          .help = "then learn from DNS until interrupted" },
        { .name = "no-learner",
          .offset = FIELD(no_learner),
          .help = "load domain rules although nothing learns: they match nothing" },
        { .name = "dry-run",
          .offset = FIELD(dry_run),
          .help = "have the kernel check everything, and change nothing" },
        { .name = "resolver",
          .letter = 'r',
          .kind = OPTION_ADDRESSES,
          .offset = FIELD(resolvers),
          .argument = "ADDR...",
          .help = "whose DNS replies count, or any (default: the host's own\n"
                  "                               addresses on the link and those in its resolv.conf)" },
        { .name = "min-ttl",
          .kind = OPTION_NUMBER,
          .offset = FIELD(min_ttl),
          .argument = "SECONDS",
          .min = 1,
          .max = 24 * 60 * 60,
          .help = "shortest life of what is learned (default 5)" },
        { .name = "max-ttl",
          .kind = OPTION_NUMBER,
          .offset = FIELD(max_ttl),
          .argument = "SECONDS",
          .min = 1,
          .max = 7 * 24 * 60 * 60,
          .help = "longest life of what is learned (default 86400, a day)" },
        { .name = "max-names",
          .kind = OPTION_NUMBER,
          .offset = FIELD(max_names),
          .argument = "N",
          .min = 1,
          .max = 1000000,
          .help = "names remembered for each port (default 10000)" },
        { .name = "log-denied",
          .offset = FIELD(log_denied),
          .help = "tell of some of what the policy drops (to the learner)" },
        BUS_OPTIONS(struct load_arguments),
};

bool load_trusts_any(const struct load_arguments *arguments) {
        for (size_t i = 0; i < arguments->resolvers.n_items; i++)
                if (strcmp(arguments->resolvers.items[i], "any") == 0)
                        return true;
        return false;
}
