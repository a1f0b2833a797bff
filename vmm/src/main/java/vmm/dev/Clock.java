package vmm.dev;

/** The time that devices see. Devices never ask the host for it. */
public interface Clock {

    /** Monotonic nanoseconds since the machine was created. */
    long nowNs();

    /** Wall-clock nanoseconds since the Unix epoch, UTC. */
    long wallClockNs();

    /**
     * Makes a timer that calls {@code action}, under the machine's device lock, once for each time
     * it was armed and expired.
     */
    Timer timer(Runnable action);

    /** A one-shot timer. */
    interface Timer {

        /**
         * Expires at {@code deadlineNs} of {@link Clock#nowNs}; replaces an earlier deadline. A
         * deadline in the past expires at once.
         */
        void arm(long deadlineNs);

        /** Forgets the deadline. */
        void cancel();
    }
}
