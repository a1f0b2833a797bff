package vmd.proto;

/** Bounds of the fields of messages, and of what they describe. */
public final class Limits {
    public static final int NAME_BYTES = 63;
    public static final int PATH_BYTES = 1023;

    /** Linux on x86 takes a command line of 2047 bytes and a NUL. */
    public static final int CMDLINE_BYTES = 2047;

    public static final int TEXT_BYTES = 2048;
    public static final int TTY_BYTES = 63;
    public static final int DISKS = 4;
    public static final int NICS = 4;
    public static final int VCPUS = 64;
    public static final int VERBOSITY = 3;
    public static final long MEMORY_BYTES_MIN = 1L << 20;
    public static final long MEMORY_BYTES_MAX = 128L << 30;
    public static final long MEMORY_BYTES_DEFAULT = 512L << 20;

    private Limits() {}
}
