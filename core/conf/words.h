/* SPDX-License-Identifier: MIT */
/*
 * words.h - how messages show what stands in a file, and what was probably
 * meant by it.
 */
#ifndef CONF_WORDS_H
#define CONF_WORDS_H

#include "util/error.h"

#include <stddef.h>

/* A text fit for a message: control characters as \xNN, at most about 60 bytes. */
#define SHOWN 80
const char *shown(const char *text, char room[SHOWN]);

/* "kymo.yaml:3:5" */
#define SHOWN_PLACE 320
const char *shown_place(struct place at, char room[SHOWN_PLACE]);

/* The nth of some words; NULL: there are no more. */
typedef const char *word_at(const void *words, size_t n);

/* The word that `text` is most probably a slip of; NULL: none is near. */
const char *nearest_word(const char *text, word_at *at, const void *words);

/* "a, b or c" of a NULL-ended list, shortened with "..." when it does not fit. */
void list_words(char *room, size_t size, const char *last, word_at *at, const void *words);

#endif
