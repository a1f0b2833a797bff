/**
 * Linux KVM as a vmm device: guest code runs on the host's processor. Interrupt controllers, timers
 * and all other devices stay those of the machine; the kernel runs the processor and nothing else.
 */
@NullMarked
package vmm.kvm;

import org.jspecify.annotations.NullMarked;
