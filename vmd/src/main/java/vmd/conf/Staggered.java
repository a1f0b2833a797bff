package vmd.conf;

/** How machines start with the daemon: so many at a time, and so long between. */
public record Staggered(int parallel, int delaySeconds) {
    private static final int DEFAULT_DELAY_S = 30;

    /** When the file does not say: as many as the host has processors. */
    public static Staggered byProcessors() {
        return new Staggered(Runtime.getRuntime().availableProcessors(), DEFAULT_DELAY_S);
    }
}
