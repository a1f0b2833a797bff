package vmm.cpu;

/**
 * An architectural exception on its way from the place that found it to the run loop. One instance
 * per processor, without a stack trace; {@link Cpu#fault} fills it in.
 */
@SuppressWarnings("serial") // never serialised
public final class GuestFault extends RuntimeException {

    private int vector;
    private int errorCode;

    GuestFault() {
        super("guest fault", null, false, false);
    }

    GuestFault with(int vector, int errorCode) {
        this.vector = vector;
        this.errorCode = errorCode;
        return this;
    }

    /** Exception vector, 0..31. */
    public int vector() {
        return vector;
    }

    /** Error code, or -1 if this vector pushes none. */
    public int errorCode() {
        return errorCode;
    }
}
