/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The events of a YAML file, and JSON as the part of YAML that it is. Here is what makes them safe to use: one
 * document, bounded depth and length, no aliases, anchors or tags, no characters that nobody sees. What is wrong
 * is reported here once, so that whoever reads the events need not look at it again.
 */

#include "policy/runs.h"
#include "policy/sink.h"

#define NFW_YAML_DEPTH_MAX  32
#define NFW_YAML_SCALAR_MAX 1024 /* octets: more than the longest domain needs */

struct nfw_yaml;

enum nfw_yaml_type {
        NFW_YAML_SCALAR,
        NFW_YAML_MAPPING,
        NFW_YAML_MAPPING_END,
        NFW_YAML_SEQUENCE,
        NFW_YAML_SEQUENCE_END,
        NFW_YAML_END,
};

struct nfw_yaml_event {
        enum nfw_yaml_type type;
        struct nfw_pos pos;
        const char *text; /* of a scalar; valid until the next event is asked for */
        bool plain;       /* without quotes: may be a number, null, … */
        bool bad;         /* has been reported; its text means nothing */
};

/*
 * The source, its runs and its name are borrowed and must live as long as the result. The source is valid UTF-8.
 * 0 or a negative errno.
 */
int nfw_yaml_new(const char *file,
                 const char *source,
                 size_t size,
                 const struct nfw_runs *runs,
                 struct nfw_sink *sink,
                 struct nfw_yaml **ret_yaml);
struct nfw_yaml *nfw_yaml_free(struct nfw_yaml *yaml);
NFW_DEFINE_CLEANUP(struct nfw_yaml, nfw_yaml_free)

/* 0; NFW_E_INVALID where reading cannot go on, which has been reported; or a negative errno. */
int nfw_yaml_next(struct nfw_yaml *yaml, struct nfw_yaml_event *ret_event);

/* Reads over the rest of what the event began. As nfw_yaml_next(). */
int nfw_yaml_skip(struct nfw_yaml *yaml, const struct nfw_yaml_event *begin);

/* "a list", "text", "a number", … as what an event would be taken. */
const char *nfw_yaml_describe(const struct nfw_yaml_event *event);
/* By the core schema of YAML 1.2 (section 10.3.2). */
bool nfw_yaml_is_null(const struct nfw_yaml_event *event);
bool nfw_yaml_is_boolean(const struct nfw_yaml_event *event);
