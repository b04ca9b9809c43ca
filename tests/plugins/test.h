/* SPDX-License-Identifier: MIT */
/* test.h - cmocka with what it wants included before it, and the harness. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"
#include "tree.h"

#endif
