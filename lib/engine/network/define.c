/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/network/network.h"
#include "policy/policy.h"
#include "policy/source.h"

/**
 * nfw_context_set_network_directory() - keep definitions of networks elsewhere
 * @context: the context
 * @path:    the directory; copied. The default is /etc/nfwpolicy/networks
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_context_set_network_directory(struct nfw_context *context, const char *path) {
        char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        free(context->network_directory);
        context->network_directory = copy;
        return 0;
}

/**
 * nfw_network_read_buffer() - read a network from memory
 * @name:        what it is called in messages
 * @data:        libvirt's network XML, or the same in YAML or JSON; copied
 * @size:        octets of it
 * @report:      what is wrong is added here; may be NULL
 * @ret_network: the network
 *
 * Return: 0; NFW_E_INVALID; or a negative errno.
 */
nfw_public int nfw_network_read_buffer(const char *name,
                                       const char *data,
                                       size_t size,
                                       struct nfw_report *report,
                                       struct nfw_network **ret_network) {
        return nfw_network_parse(name, data, size, report, ret_network);
}

/**
 * nfw_network_read_file() - read a network from a file
 * @path:        the file
 * @report:      what is wrong is added here; may be NULL
 * @ret_network: the network
 *
 * Return: as nfw_network_read_buffer().
 */
nfw_public int nfw_network_read_file(const char *path,
                                     struct nfw_report *report,
                                     struct nfw_network **ret_network) {
        nfw_cleanup(nfw_freep) char *text = NULL;
        size_t size;
        int r;

        r = nfw_source_read(path, NFW_NETWORK_SIZE_MAX, &text, &size);
        if (r != 0)
                return r == NFW_E_REFUSED ? -EFBIG : r;
        return nfw_network_parse(path, text, size, report, ret_network);
}

/**
 * nfw_network_name() - what the network is called
 * @network: the network, which keeps the text
 *
 * Return: its name.
 */
nfw_public const char *nfw_network_name(const struct nfw_network *network) {
        return network->name;
}

/* --- defining ------------------------------------------------------------------------------------------------ */

/* Version 4, RFC 9562, section 5.4. */
static int make_uuid(char ret_uuid[static NFW_NETWORK_UUID_MAX]) {
        uint8_t octets[16];
        size_t n = 0;

        if (getrandom(octets, sizeof(octets), 0) != sizeof(octets))
                return -errno;
        octets[6] = (uint8_t)((octets[6] & 0x0f) | 0x40);
        octets[8] = (uint8_t)((octets[8] & 0x3f) | 0x80);
        for (size_t i = 0; i < sizeof(octets); i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        ret_uuid[n++] = '-';
                n += (size_t)sprintf(ret_uuid + n, "%02x", octets[i]);
        }
        return 0;
}

struct others {
        NFW_VEC(struct nfw_network *) vec;
};

static void others_deinit(struct others *others) {
        nfw_vec_foreach (other, &others->vec)
                nfw_network_free(*other);
        nfw_vec_deinit(&others->vec);
}

/* What cannot be read any more is in nobody's way. */
static int read_others(const struct nfw_context *context, struct others *others) {
        nfw_cleanup(nfw_network_names_deinit) struct nfw_network_names names = { 0 };
        int r;

        r = nfw_network_names_read(context->network_directory, NFW_NETWORK_DEFINITION, &names);
        nfw_vec_foreach (name, &names.vec) {
                struct nfw_network *network;

                if (r < 0)
                        return r;
                r = nfw_network_definition_read(context, *name, NULL, &network);
                if (r == 0)
                        r = nfw_vec_push(&others->vec, network);
                else if (r != -ENOMEM)
                        r = 0;
        }
        return r;
}

static bool has_bridge(const struct others *others, const char *bridge) {
        nfw_vec_foreach (other, &others->vec)
                if (strcmp((*other)->bridge, bridge) == 0)
                        return true;
        return false;
}

/* "virbrN", as libvirt calls them: the first that neither a definition nor the host has. */
static int choose_bridge(struct nfw_context *context,
                         const struct others *others,
                         char ret_name[static IFNAMSIZ]) {
        for (unsigned int i = 0; i < 10000; i++) {
                struct nfw_link link;
                int r;

                (void)snprintf(ret_name, IFNAMSIZ, "virbr%u", i);
                if (has_bridge(others, ret_name))
                        continue;
                r = nfw_rtnl_link_by_name(context->rtnl, ret_name, &link);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return -ENOSPC;
}

static int report_taken(struct nfw_report *report,
                        const struct nfw_network *network,
                        const struct nfw_network *other,
                        const char *what) {
        int r = nfw_report_error(report, "network/conflict", &network->pos, NULL,
                                 "network %s has the same %s", other->name, what);

        return r < 0 ? r : NFW_E_REFUSED;
}

/* As libvirt has it: a name and its UUID belong together. */
static int check_others(const struct nfw_network *network,
                        const struct others *others,
                        struct nfw_report *report) {
        nfw_vec_foreach (other, &others->vec) {
                bool same_name = strcmp((*other)->name, network->name) == 0;

                if (!same_name && network->uuid[0] && strcmp((*other)->uuid, network->uuid) == 0)
                        return report_taken(report, network, *other, "UUID");
                if (same_name && network->uuid[0] && strcmp((*other)->uuid, network->uuid) != 0)
                        return report_taken(report, network, *other, "name and another UUID");
                if (!same_name && network->bridge[0] && strcmp((*other)->bridge, network->bridge) == 0)
                        return report_taken(report, network, *other, "bridge");
        }
        return 0;
}

static int complete(struct nfw_context *context, struct nfw_network *network, const struct others *others) {
        char uuid[NFW_NETWORK_UUID_MAX] = "", bridge[IFNAMSIZ] = "";
        int r;

        nfw_vec_foreach (other, &others->vec)
                if (strcmp((*other)->name, network->name) == 0) {
                        strcpy(uuid, (*other)->uuid);
                        strcpy(bridge, (*other)->bridge);
                }
        r = uuid[0] ? 0 : make_uuid(uuid);
        if (r == 0 && !network->bridge[0] && !bridge[0])
                r = choose_bridge(context, others, bridge);
        return r < 0 ? r : nfw_network_complete(network, uuid, bridge);
}

static int make_directory(const struct nfw_context *context, struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *path = strdup(context->network_directory);
        int r, error = 0;

        if (!path)
                return -ENOMEM;
        for (char *end = strchr(path + 1, '/'); end && error == 0; end = strchr(end + 1, '/')) {
                *end = '\0';
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        error = errno;
                *end = '/';
        }
        if (error == 0 && (mkdir(path, 0700) == 0 || errno == EEXIST) && access(path, W_OK | X_OK) == 0)
                return 0;
        error = error ? error : errno;
        r = nfw_report_error(report, "state/directory", NULL, NULL, "networks cannot be kept in `%s`: %s",
                             path, nfw_strerror(error));
        return r < 0 ? r : -error;
}

static int write_definition(const struct nfw_context *context,
                            const struct nfw_network *network,
                            const struct nfw_policy *policy) {
        nfw_cleanup(nfw_freep) char *xml_path = NULL, *policy_path = NULL, *xml = NULL;
        int r;

        r = nfw_network_path(context->network_directory, network->name, NFW_NETWORK_DEFINITION, &xml_path);
        if (r == 0)
                r = nfw_network_path(context->network_directory, network->name, NFW_NETWORK_POLICY,
                                     &policy_path);
        if (r == 0)
                r = nfw_network_write(network, &xml);
        /* The policy first: a network without it would let more pass. */
        if (r == 0 && policy)
                r = nfw_file_replace(policy_path, policy->source, policy->source_size, 0600, true);
        if (r == 0)
                r = nfw_file_replace(xml_path, xml, strlen(xml), 0600, true);
        if (r == 0 && !policy && unlink(policy_path) < 0 && errno != ENOENT)
                r = -errno;
        return r;
}

/**
 * nfw_network_define() - keep the definition of a network
 * @context: the context
 * @network: the network; it gets a UUID and a bridge where it has none
 * @policy:  a policy for everything that joins the network, or NULL
 * @dry_run: only look whether it could be defined
 * @report:  what is wrong is added here; may be NULL
 *
 * A definition of the same name is replaced. A network that runs stays as it is until it is started again.
 *
 * Return: 0; NFW_E_REFUSED where another network has its UUID or bridge; or a negative errno.
 */
nfw_public int nfw_network_define(struct nfw_context *context,
                                  struct nfw_network *network,
                                  const struct nfw_policy *policy,
                                  bool dry_run,
                                  struct nfw_report *report) {
        nfw_cleanup(others_deinit) struct others others = { 0 };
        int r;

        r = read_others(context, &others);
        if (r == 0)
                r = check_others(network, &others, report);
        if (r == 0)
                r = complete(context, network, &others);
        if (r != 0 || dry_run)
                return r;
        r = make_directory(context, report);
        return r < 0 ? r : write_definition(context, network, policy);
}

static int report_unknown(const struct nfw_context *context, const char *name, struct nfw_report *report) {
        int r = nfw_report_error(report, "network/unknown", NULL,
                                 "`nfwpolicy net-list --all` shows what there is",
                                 "there is no network %s in %s", name, context->network_directory);

        return r < 0 ? r : NFW_E_NOT_FOUND;
}

/**
 * nfw_network_undefine() - forget the definition of a network
 * @context: the context
 * @name:    the network
 * @report:  what is wrong is added here; may be NULL
 *
 * A network that runs goes on until it is destroyed.
 *
 * Return: 0; NFW_E_NOT_FOUND; or a negative errno.
 */
nfw_public int nfw_network_undefine(struct nfw_context *context,
                                    const char *name,
                                    struct nfw_report *report) {
        nfw_cleanup(nfw_freep) char *xml_path = NULL, *policy_path = NULL;
        int r;

        if (!nfw_network_name_is_valid(name))
                return report_unknown(context, name, report);
        r = nfw_network_path(context->network_directory, name, NFW_NETWORK_DEFINITION, &xml_path);
        if (r == 0)
                r = nfw_network_path(context->network_directory, name, NFW_NETWORK_POLICY, &policy_path);
        if (r != 0)
                return r;
        if (unlink(xml_path) < 0)
                return errno == ENOENT ? report_unknown(context, name, report) : -errno;
        return unlink(policy_path) < 0 && errno != ENOENT ? -errno : 0;
}

/**
 * nfw_network_dumpxml() - a network as libvirt's XML
 * @context:  the context
 * @name:     the network
 * @inactive: what is defined, also where something else runs
 * @report:   what is wrong is added here; may be NULL
 * @ret_text: the XML; the caller frees it
 *
 * Return: 0; NFW_E_NOT_FOUND; NFW_E_INVALID where the definition is wrong; or a negative errno.
 */
nfw_public int nfw_network_dumpxml(struct nfw_context *context,
                                   const char *name,
                                   bool inactive,
                                   struct nfw_report *report,
                                   char **ret_text) {
        nfw_cleanup(nfw_network_freep) struct nfw_network *network = NULL;
        struct nfw_running_network running;
        int r = NFW_E_NOT_FOUND;

        if (!inactive && nfw_network_name_is_valid(name)) {
                r = nfw_running_network_read(context->directory, name, &running);
                if (r == 0)
                        network = running.network;
        }
        if (r == NFW_E_NOT_FOUND)
                r = nfw_network_definition_read(context, name, report, &network);
        if (r == NFW_E_NOT_FOUND)
                return report_unknown(context, name, report);
        return r != 0 ? r : nfw_network_write(network, ret_text);
}
