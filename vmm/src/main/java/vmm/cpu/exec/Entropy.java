package vmm.cpu.exec;

import java.security.SecureRandom;

/** What RDRAND and RDSEED return. */
final class Entropy {
    private static final SecureRandom SOURCE = new SecureRandom();

    static {
        SOURCE.nextLong(); // seeds it now: later the sandbox may not let it
    }

    private Entropy() {}

    static long next() {
        return SOURCE.nextLong();
    }
}
