/** Tests of {@code vmm.openbsd}. */
@NullMarked
package vmm.openbsd;

import org.jspecify.annotations.NullMarked;
