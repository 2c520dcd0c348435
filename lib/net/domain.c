/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/domain.h"

#include <errno.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

#include <nfwpolicy/nfwpolicy.h>

#include "base/macros.h"

#define LABEL_MAX       63
#define NAME_MAX_OCTETS (NFW_DOMAIN_TEXT_MAX - 1)
/* 253 characters of four octets each; libidn2 need not see what cannot become a name. */
#define TEXT_MAX_OCTETS (4 * NAME_MAX_OCTETS)

static bool is_ascii(const char *text) {
        for (; *text != '\0'; text++)
                if ((unsigned char)*text >= 0x80)
                        return false;
        return true;
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_label_character(char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* NULL, or the literal that says what is wrong with a name of lower-case ASCII. */
static const char *check_name(const char *name) {
        const char *label = name;
        bool number = false;

        if (strlen(name) > NAME_MAX_OCTETS)
                return "a name has at most 253 characters";

        for (;;) {
                size_t n = strcspn(label, ".");

                if (n == 0)
                        return "a label between two dots is empty";
                if (n > LABEL_MAX)
                        return "a label has at most 63 characters";
                if (label[0] == '-' || label[n - 1] == '-')
                        return "a label neither begins nor ends with '-'";

                number = true;
                for (size_t i = 0; i < n; i++) {
                        if (label[i] == '*')
                                return "a '*' stands alone or is the whole first label";
                        if (!is_label_character(label[i]))
                                return "a name consists of letters, digits, '-', '_' and dots";
                        if (!is_digit(label[i]))
                                number = false;
                }

                if (label[n] == '\0')
                        break;
                label += n + 1;
        }

        /* Nothing in the DNS ends so (RFC 3696, section 2), and an address in the wrong list would match nothing. */
        return number ? "it ends with a number, as only addresses do" : NULL;
}

/* NULL and the name in lower case, as A-labels and without its trailing dot, or what is wrong. */
static const char *normalize(const char *text, char name[static NFW_DOMAIN_TEXT_MAX]) {
        nfw_cleanup(nfw_freep) char *ascii = NULL;
        size_t n;

        if (strlen(text) > TEXT_MAX_OCTETS)
                return "a name has at most 253 characters";

        if (!is_ascii(text)) {
                int r = idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

                if (r != IDN2_OK) {
                        ascii = NULL;
                        return idn2_strerror(r);
                }
                text = ascii;
        }

        n = strlen(text);
        if (n > 0 && text[n - 1] == '.')
                n--;
        if (n == 0)
                return "the name is missing";
        if (n > NAME_MAX_OCTETS)
                return "a name has at most 253 characters";

        for (size_t i = 0; i < n; i++)
                name[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        name[n] = '\0';
        return check_name(name);
}

int nfw_domain_parse(const char *text, struct nfw_domain *ret_domain, const char **ret_reason) {
        struct nfw_domain domain = { .kind = NFW_DOMAIN_EXACT };
        const char *reason;

        if (strcmp(text, "*") == 0) {
                domain.kind = NFW_DOMAIN_ANY;
                *ret_domain = domain;
                return 0;
        }

        if (strncmp(text, "*.", 2) == 0) {
                domain.kind = NFW_DOMAIN_BELOW;
                text += 2;
        }

        reason = normalize(text, domain.name);
        if (reason) {
                *ret_reason = reason;
                return NFW_E_INVALID;
        }

        *ret_domain = domain;
        return 0;
}

bool nfw_domain_matches(const struct nfw_domain *domain, const char *name) {
        size_t n_domain, n_name;

        switch (domain->kind) {
        case NFW_DOMAIN_ANY:
                return true;
        case NFW_DOMAIN_EXACT:
                return strcmp(domain->name, name) == 0;
        case NFW_DOMAIN_BELOW:
                n_domain = strlen(domain->name);
                n_name = strlen(name);
                return n_name > n_domain + 1 && name[n_name - n_domain - 1] == '.' &&
                       strcmp(name + n_name - n_domain, domain->name) == 0;
        }
        return false;
}

const char *nfw_domain_format(const struct nfw_domain *domain, char buffer[static NFW_DOMAIN_TEXT_MAX + 2]) {
        static const char *const prefixes[] = {
                [NFW_DOMAIN_EXACT] = "",
                [NFW_DOMAIN_BELOW] = "*.",
                [NFW_DOMAIN_ANY] = "*",
        };

        (void)snprintf(buffer, NFW_DOMAIN_TEXT_MAX + 2, "%s%s", prefixes[domain->kind], domain->name);
        return buffer;
}
