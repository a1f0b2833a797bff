package vmm.mem;

/**
 * A device was asked to touch guest physical memory that is not there, or not in one piece. The
 * request came from the guest, so the device that catches this answers to the guest; it is thrown
 * before anything was changed.
 */
@SuppressWarnings("serial") // never serialised
public final class GuestMemoryException extends RuntimeException {

    GuestMemoryException(long gpa, long length) {
        super(
                "no RAM at 0x" + Long.toHexString(gpa) + " length 0x" + Long.toHexString(length),
                null,
                false,
                false);
    }
}
