package vmd.proto;

import vmd.imsg.FieldReader;
import vmd.imsg.FieldWriter;

/**
 * How a request ended.
 *
 * @param code 0, an error number of the operating system, or one of the daemon's own from 1001 on
 * @param text one clear sentence for the user where the daemon has one, else empty; then the text
 *     of the error number serves
 */
public record Outcome(int code, String text) {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EIO = 5;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int EALREADY = 114;

    /**
     * The name of a new instance is taken. OpenBSD's number, where the system has no such error:
     * the daemon itself never sees the Linux error that has the number.
     */
    public static final int EPROCLIM = 67;

    /** Firmware image missing. */
    public static final int BIOS_MISSING = 1001;

    /** A disk image cannot be opened; also a new machine without any device. */
    public static final int DISK_MISSING = 1002;

    /** Stop of a machine that is not running. */
    public static final int NOT_RUNNING = 1004;

    public static final int CDROM_MISSING = 1005;
    public static final int CDROM_INVALID = 1006;
    public static final int TEMPLATE_INVALID = 1007;

    public static final Outcome OK = new Outcome(0, "");

    public static Outcome of(int code) {
        return new Outcome(code, "");
    }

    public static Outcome of(int code, String text) {
        return new Outcome(code, text);
    }

    public boolean ok() {
        return code == 0;
    }

    /** The sentence for the user: {@link #text} if there is one, else that of the number. */
    public String message() {
        return text.isEmpty() ? describe(code) : text;
    }

    private static String describe(int code) {
        return switch (code) {
            case 0 -> "Success";
            case EPERM -> "Operation not permitted";
            case ENOENT -> "No such file or directory";
            case EIO -> "Input/output error";
            case EAGAIN -> "Resource temporarily unavailable";
            case ENOMEM -> "Cannot allocate memory";
            case EFAULT -> "Bad address";
            case EBUSY -> "Device busy";
            case ENODEV -> "Operation not supported by device";
            case EINVAL -> "Invalid argument";
            case EALREADY -> "Operation already in progress";
            case EPROCLIM -> "Too many processes";
            case BIOS_MISSING -> "vmm bios firmware file not found.";
            case DISK_MISSING -> "could not open disk image(s)";
            case NOT_RUNNING -> "cannot stop vm that is not running";
            case CDROM_MISSING -> "could not find specified iso image";
            case CDROM_INVALID -> "specified iso image is not a regular file";
            case TEMPLATE_INVALID -> "invalid template";
            default -> "error " + code;
        };
    }

    void write(FieldWriter out) {
        out.u32(code).string(clip(text), Limits.TEXT_BYTES);
    }

    static Outcome read(FieldReader in) {
        return new Outcome(in.u32(), in.string(Limits.TEXT_BYTES));
    }

    /** Texts quote paths and the words of peers: a long one is cut rather than refused. */
    private static String clip(String text) {
        int chars = Limits.TEXT_BYTES / 3;
        return text.length() <= chars ? text : text.substring(0, chars);
    }
}
