/** Guest physical memory and its dirty log. */
@NullMarked
package vmm.mem;

import org.jspecify.annotations.NullMarked;
