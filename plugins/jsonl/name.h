/* SPDX-License-Identifier: MIT */
/*
 * name.h - file names. The folder of a metric is its name, in which every byte
 * but A-Z a-z 0-9 . _ - is %XX, and so is a dot at the front. What is longer
 * than a file name may be goes on in a folder below: each piece but the last
 * ends in "~". Joining the pieces without "~" and decoding gives the name back,
 * and no two names share a folder.
 *
 * A file is named after the begin of its window in UTC, 20231114T220000Z.jsonl,
 * and the next ones of the same window 20231114T220000Z.1.jsonl and so on.
 */
#ifndef JSONL_NAME_H
#define JSONL_NAME_H

#include <kymo/abi.h>

enum { PIECE_SIZE = 208, FILE_NAME_SIZE = 64 };

/* Moves *name on, and gives the next piece of the folder. False: there is no more. */
bool name_piece(const char **name, char piece[PIECE_SIZE]);

/* False: the time has no such name (years 0 to 9999). */
bool name_file(kymo_ms start, uint32_t turn, char file[FILE_NAME_SIZE]);

/* False: not the name of a file of ours. */
bool name_file_start(const char *file, kymo_ms *start);

/* The begin of the window (start, start + width] that a time lies in. */
kymo_ms window_start(kymo_ms at, kymo_ms width);

#endif
