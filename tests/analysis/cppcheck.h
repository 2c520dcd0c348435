/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read by cppcheck before every file: what it has to know of headers that it does not read. */
#define TAILQ_HEAD(name_, type_)                                                                             \
        struct name_ {                                                                                       \
                struct type_ *tqh_first;                                                                     \
                struct type_ **tqh_last;                                                                     \
        }
#define STAILQ_HEAD(name_, type_)                                                                            \
        struct name_ {                                                                                       \
                struct type_ *stqh_first;                                                                    \
                struct type_ **stqh_last;                                                                    \
        }
#define TAILQ_ENTRY(type_)                                                                                   \
        struct {                                                                                             \
                struct type_ *tqe_next;                                                                      \
                struct type_ **tqe_prev;                                                                     \
        }
#define STAILQ_ENTRY(type_)                                                                                  \
        struct {                                                                                             \
                struct type_ *stqe_next;                                                                     \
        }
#define LIST_HEAD(name_, type_)                                                                              \
        struct name_ {                                                                                       \
                struct type_ *lh_first;                                                                      \
        }
#define LIST_ENTRY(type_)                                                                                    \
        struct {                                                                                             \
                struct type_ *le_next;                                                                       \
                struct type_ **le_prev;                                                                      \
        }
#define SLIST_HEAD(name_, type_)                                                                             \
        struct name_ {                                                                                       \
                struct type_ *slh_first;                                                                     \
        }
#define SLIST_ENTRY(type_)                                                                                   \
        struct {                                                                                             \
                struct type_ *sle_next;                                                                      \
        }
