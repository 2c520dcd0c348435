/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/nwfilter/binding.h"
#include "nwfilter/binding.h"
#include "xml/xml.h"

static int report_name(const struct nfw_nwfilter_binding_xml *xml, struct nfw_report *report) {
        int r;

        r = nfw_report_error(report, "nwfilter/binding", &xml->pos, NULL,
                             "`%s` cannot be the name of an interface, or `%s` that of a filter", xml->port,
                             xml->filter);
        return r < 0 ? r : NFW_E_INVALID;
}

static int take(const struct nfw_nwfilter_binding_xml *xml,
                struct nfw_report *report,
                struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_nwfilter_binding_freep) struct nfw_nwfilter_binding *binding = NULL;
        char mac[18];
        int r;

        r = nfw_nwfilter_binding_new(xml->port, xml->filter, &binding);
        if (r == -EINVAL)
                return report_name(xml, report);
        if (r == 0 && xml->has_mac) {
                snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", xml->mac[0], xml->mac[1],
                         xml->mac[2], xml->mac[3], xml->mac[4], xml->mac[5]);
                r = nfw_nwfilter_binding_set_mac(binding, mac);
        }
        if (r == 0)
                r = nfw_nwfilter_binding_set_owner(binding, xml->owner_name, xml->owner_uuid);
        if (r < 0)
                return r;
        binding->compat = xml->compat;
        strcpy(binding->link, xml->link);
        r = nfw_nwfilter_parameters_copy(&xml->parameters, &binding->parameters);
        if (r == 0)
                *ret_binding = nfw_steal(binding);
        return r;
}

/**
 * nfw_nwfilter_binding_read_buffer() - read a binding from memory
 * @name:        what messages call it
 * @data:        XML as libvirt's <filterbinding>
 * @size:        its octets
 * @report:      what is wrong is added here; may be NULL
 * @ret_binding: the binding
 *
 * The attribute compat="libvirt" of the outermost element is ours: see nfw_nwfilter_binding_set_compat().
 *
 * Return: 0; NFW_E_INVALID with what is wrong and where in the report; or a negative errno.
 */
nfw_public int nfw_nwfilter_binding_read_buffer(const char *name,
                                                const char *data,
                                                size_t size,
                                                struct nfw_report *report,
                                                struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_nwfilter_binding_xml_freep) struct nfw_nwfilter_binding_xml *xml = NULL;
        int r;

        r = nfw_nwfilter_binding_xml_read(name, data, size, report, &xml);
        return r != 0 ? r : take(xml, report, ret_binding);
}

/**
 * nfw_nwfilter_binding_read_file() - read a binding from a file
 * @path:        the file
 * @report:      what is wrong is added here; may be NULL
 * @ret_binding: the binding
 *
 * Return: as nfw_nwfilter_binding_read_buffer(), and NFW_E_NOT_FOUND where there is no such file.
 */
nfw_public int nfw_nwfilter_binding_read_file(const char *path,
                                              struct nfw_report *report,
                                              struct nfw_nwfilter_binding **ret_binding) {
        nfw_cleanup(nfw_freep) char *data = NULL;
        size_t size;
        int r;

        r = nfw_file_read(path, NFW_XML_SIZE_MAX, &data, &size);
        return r != 0 ? r : nfw_nwfilter_binding_read_buffer(path, data, size, report, ret_binding);
}

/**
 * nfw_nwfilter_binding_dumpxml() - write a binding as libvirt does
 * @binding:  the binding
 * @ret_text: the XML; the caller frees it
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_nwfilter_binding_dumpxml(const struct nfw_nwfilter_binding *binding, char **ret_text) {
        struct nfw_nwfilter_binding_xml xml = {
                .owner_name = binding->owner_name,
                .owner_uuid = binding->owner_uuid,
                .compat = binding->compat,
                .filter = binding->filter,
                .parameters = binding->parameters,
        };

        strcpy(xml.port, binding->port);
        strcpy(xml.link, binding->link);
        /* NOLINTNEXTLINE(cert-err34-c): two digits cannot be too large */
        xml.has_mac = sscanf(binding->mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &xml.mac[0], &xml.mac[1],
                             &xml.mac[2], &xml.mac[3], &xml.mac[4], &xml.mac[5]) == 6;
        return nfw_nwfilter_binding_xml_write(&xml, ret_text);
}
