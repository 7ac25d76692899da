/*
 * mask.h - hides known secret values in a stream of text (SECURITY.md LOG-2).
 * What comes out does not depend on how the input was cut. Colours (what
 * str_sgr_at() knows) are no text: they hide nothing of a secret, and stay where
 * they were. Called by the worker for logs, error sentences and commit texts.
 */
#ifndef AS_SVC_MASK_H
#define AS_SVC_MASK_H

#include "base/base.h"
#include "base/buf.h"

struct arena;
struct mask;

#define MASK_MIN  6     /* shorter values are not masked: "true", "prod" */
#define MASK_TEXT "***" /* what stands in their place */

/* The secrets are the values, not "KEY=VALUE". Each is hidden as it is, in its
 * base64 forms (both alphabets, at any of the three offsets inside a longer
 * encoded text), URL-encoded and JSON-escaped; of a value of several lines
 * each line of at least 8 bytes as well. Lives on the arena. Never NULL. */
struct mask *mask_new(struct arena *a, const char *const *secrets, size_t n);

/* Append to out what is certain; what may be the beginning of a secret is held
 * back, never more than the longest form of one. Overlapping secrets become
 * one mark; the colours within follow it. A colour must come in one piece, as
 * logclean writes it. */
void mask_feed(struct mask *m, const char *p, size_t n, struct buf *out);
/* The end of the input: what was held back is no secret. */
void mask_end(struct mask *m, struct buf *out);
/* Bytes of text that are held back now. */
size_t mask_held(const struct mask *m);

/* A whole text at once; the stream's state is not touched. */
const char *mask_text(struct arena *a, const struct mask *m, const char *text);

#endif
