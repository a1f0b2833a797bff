package vmm.kvm;

import java.util.List;

/**
 * What the self-test has found out about KVM on this host.
 *
 * @param working features that a test guest used with the right result
 * @param failures the others, in the order of the test
 * @param elapsedNs how long the test took
 */
public record KvmVerdict(List<Feature> working, List<Failure> failures, long elapsedNs) {

    /** What an operating system needs of a processor, in the order in which it is tried. */
    public enum Feature {
        DEVICE("the device"),
        REAL_MODE("real mode"),
        PROTECTED_MODE("protected mode"),
        PAGING("32-bit paging"),
        LONG_MODE("64-bit mode"),
        PORT("port access"),
        MMIO("device memory"),
        INTERRUPT("interrupts"),
        BREAKPOINT("int3"),
        CPUID("cpuid"),
        HIDING("hiding what cpuid shows"),
        RDMSR("rdmsr"),
        SSE("SSE moves"),
        FXSAVE("fxsave"),
        XSAVE("xrstor"),
        CMPXCHG16B("cmpxchg16b");

        private final String label;

        Feature(String label) {
            this.label = label;
        }

        /** As the log calls it. */
        public String label() {
            return label;
        }
    }

    /** A feature that does not work; {@code reason} is one line. */
    public record Failure(Feature feature, String reason) {
        @Override
        public String toString() {
            return feature.label() + ": " + reason;
        }
    }

    /** Whether stock operating systems can be expected to run. */
    public boolean trusted() {
        return failures.isEmpty();
    }

    public boolean works(Feature feature) {
        return working.contains(feature);
    }

    /** One line for a log: what failed and why, or that all is well. */
    public String summary() {
        if (trusted()) {
            return "kvm passes the self-test";
        }
        StringBuilder text = new StringBuilder("kvm fails the self-test at ");
        String reason = "";
        for (Failure failure : failures) {
            if (!reason.isEmpty()) {
                text.append(failure.reason.equals(reason) ? ", " : " (" + reason + "), ");
            }
            text.append(failure.feature.label());
            reason = failure.reason;
        }
        return text.append(" (").append(reason).append(')').toString();
    }
}
