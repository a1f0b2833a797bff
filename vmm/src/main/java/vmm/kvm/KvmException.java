package vmm.kvm;

/** KVM on this host cannot do what was asked of it; the message says what. */
public final class KvmException extends RuntimeException {
    private static final long serialVersionUID = 1;

    KvmException(String message) {
        super(message);
    }
}
