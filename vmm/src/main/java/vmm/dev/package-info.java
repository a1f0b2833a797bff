/** What devices share: clock, port bus, interrupt lines. */
@NullMarked
package vmm.dev;

import org.jspecify.annotations.NullMarked;
