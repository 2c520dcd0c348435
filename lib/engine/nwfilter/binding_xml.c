/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/file.h"
#include "engine/nwfilter/binding.h"
#include "xml/xml.h"

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
        return nfw_nwfilter_binding_read(name, data, size, report, ret_binding);
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
        return r != 0 ? r : nfw_nwfilter_binding_read(path, data, size, report, ret_binding);
}

/**
 * nfw_nwfilter_binding_dumpxml() - write a binding as libvirt does
 * @binding:  the binding
 * @ret_text: the XML; the caller frees it
 *
 * Return: 0 or -ENOMEM.
 */
nfw_public int nfw_nwfilter_binding_dumpxml(const struct nfw_nwfilter_binding *binding, char **ret_text) {
        return nfw_nwfilter_binding_write(binding, ret_text);
}
