/* gz.h - gzip files for nginx's gzip_static, by zlib. */
#ifndef AS_EXT_GZ_H
#define AS_EXT_GZ_H

#include "base/base.h"

/* Compress all of in (from offset 0) to out at level 6, no name or time in the
 * header (same input, same bytes). *ret_size is what was written. */
MUST bool gz_copy(int in, int out, int64_t *ret_size);

#endif
