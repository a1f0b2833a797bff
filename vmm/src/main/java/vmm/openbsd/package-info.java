/** OpenBSD's vmm device behind the seam of the engines. */
@NullMarked
package vmm.openbsd;

import org.jspecify.annotations.NullMarked;
