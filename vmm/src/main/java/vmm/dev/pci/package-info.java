/** PCI configuration mechanism 1 and the host bridge. */
@NullMarked
package vmm.dev.pci;

import org.jspecify.annotations.NullMarked;
