/**
 * Every call into the C library and the kernel: one method per call, errno captured with the call.
 */
@NullMarked
package vmd.posix;

import org.jspecify.annotations.NullMarked;
