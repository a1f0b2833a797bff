/** Virtio: queue, transport, and the devices on it. */
@NullMarked
package vmm.dev.virtio;

import org.jspecify.annotations.NullMarked;
