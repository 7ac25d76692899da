/*
 * fuzz.h - what every harness implements. With ./configure --enable-fuzz
 * CC=clang it is a libFuzzer program; else main.c replays files with it.
 * A harness ASSERTs what must hold for any input, besides not crashing.
 */
#ifndef AS_FUZZ_H
#define AS_FUZZ_H

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
