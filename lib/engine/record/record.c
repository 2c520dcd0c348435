/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/record/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ir/lower.h"

void nfw_record_deinit(struct nfw_record *record) {
        nfw_vec_deinit(&record->resolvers);
        record->policy = nfw_policy_free(record->policy);
        free(record->file);
        record->file = NULL;
}

int nfw_record_new_number(uint64_t *ret_number) {
        uint64_t number;
        ssize_t n;

        do
                n = getrandom(&number, sizeof(number), 0);
        while (n < 0 && errno == EINTR);
        if (n != (ssize_t)sizeof(number))
                return -EIO;

        *ret_number = number;
        return 0;
}

void nfw_record_format_id(uint64_t number, char ret_id[static NFW_ID_MAX]) {
        snprintf(ret_id, NFW_ID_MAX, "%016llx", (unsigned long long)number);
}

int nfw_record_new_id(char ret_id[static NFW_ID_MAX]) {
        uint64_t number;
        int r;

        r = nfw_record_new_number(&number);
        if (r < 0)
                return r;
        nfw_record_format_id(number, ret_id);
        return 0;
}

bool nfw_record_id_is_valid(const char *id) {
        return strlen(id) == NFW_ID_MAX - 1 && strspn(id, "0123456789abcdef") == NFW_ID_MAX - 1;
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool nfw_record_name_is_valid(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n > NFW_POLICY_NAME_MAX || !is_letter(name[0]))
                return false;

        for (const char *p = name; *p; p++)
                if (!is_letter(*p) && !(*p >= '0' && *p <= '9') && !strchr("._-", *p))
                        return false;
        return true;
}

int nfw_record_compile(const struct nfw_record *record,
                       enum nfw_table table,
                       struct nfw_ir **ret_ir,
                       struct nfw_plan **ret_plan) {
        nfw_cleanup(nfw_ir_freep) struct nfw_ir *ir = NULL;
        int r;

        r = nfw_lower(record->policy,
                      &(struct nfw_lower_options){ .table = table, .any_resolver = record->any_resolver },
                      &ir);
        if (r < 0)
                return r;

        if (ret_plan) {
                r = nfw_plan_new(ir,
                                 &(struct nfw_plan_options){
                                         .policy = record->name,
                                         .id = record->id,
                                         .nflog_group = record->nflog_group,
                                         .log_denied = record->log_denied,
                                 },
                                 ret_plan);
                if (r < 0)
                        return r;
        }
        if (ret_ir)
                *ret_ir = nfw_steal(ir);
        return 0;
}
