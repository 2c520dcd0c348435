/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel can do, for who wants to know before something is refused or slower than elsewhere. */

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "engine/context.h"
#include "engine/status/status.h"
#include "nft/probe.h"

bool nfw_kernel_is_since(const char *release, unsigned int major, unsigned int minor) {
        unsigned long has_major, has_minor;
        char *end, *begin;

        has_major = strtoul(release, &end, 10);
        if (end == release || *end != '.')
                return false;
        begin = end + 1;
        has_minor = strtoul(begin, &end, 10);
        if (end == begin)
                return false;
        return has_major != major ? has_major > major : has_minor >= minor;
}

static int has_nf_tables(struct nfw_context *context, bool *ret_has) {
        uint32_t generation;
        int r;

        r = nfw_nft_generation(context->nft, &generation);
        /* How nfnetlink says that nobody has registered for the messages. */
        if (r == -EOPNOTSUPP || r == -EINVAL) {
                *ret_has = false;
                return 0;
        }
        if (r < 0)
                return r;
        *ret_has = true;
        return 0;
}

/* Only a committed transaction could show it, and whoever asks wants nothing changed. */
static int has_timeout_update(struct nfw_context *context nfw_unused, bool *ret_has) {
        struct utsname name;

        if (uname(&name) < 0)
                return -errno;
        *ret_has = nfw_kernel_is_since(name.release, 6, 12);
        return 0;
}

static int has_bridge_conntrack(struct nfw_context *context, bool *ret_has) {
        return nfw_nft_probe_bridge_conntrack(context->nft, ret_has);
}

/* By enum nfw_feature. */
static const struct {
        const char *name;
        int (*ask)(struct nfw_context *context, bool *ret_has);
} features[NFW_N_FEATURES] = {
        [NFW_FEATURE_NF_TABLES] = { "nf_tables", has_nf_tables },
        [NFW_FEATURE_BRIDGE_CONNTRACK] = { "bridge_conntrack", has_bridge_conntrack },
        [NFW_FEATURE_TIMEOUT_UPDATE] = { "timeout_update", has_timeout_update },
};

/**
 * nfw_context_has_feature() - whether this kernel has what a part of our work needs
 * @context: the context
 * @feature: what is asked for
 * @ret_has: the answer
 *
 * Connection tracking on bridges is found out with a transaction that is rolled back, so that the kernel loads its
 * module if it can. Whether a timeout can be updated is told by the kernel's version; a learner finds it out by trying.
 *
 * Return: 0; -EINVAL for no feature; or a negative errno, -EPERM without CAP_NET_ADMIN.
 */
nfw_public int nfw_context_has_feature(struct nfw_context *context, enum nfw_feature feature, bool *ret_has) {
        if ((unsigned int)feature >= NFW_N_FEATURES)
                return -EINVAL;
        return features[feature].ask(context, ret_has);
}

/**
 * nfw_feature_name() - the name of a feature of the kernel
 * @feature: the feature
 *
 * Return: one word, such as "bridge_conntrack"; "unknown" for no feature.
 */
nfw_public const char *nfw_feature_name(enum nfw_feature feature) {
        return (unsigned int)feature < NFW_N_FEATURES ? features[feature].name : "unknown";
}
