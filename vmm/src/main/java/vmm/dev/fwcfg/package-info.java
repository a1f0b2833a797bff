/** What firmware asks about the machine before it looks for itself. */
@NullMarked
package vmm.dev.fwcfg;

import org.jspecify.annotations.NullMarked;
