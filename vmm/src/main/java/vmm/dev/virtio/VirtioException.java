package vmm.dev.virtio;

/**
 * The driver broke the rules of a virtqueue. The device stops and asks to be reset; nothing else is
 * harmed.
 */
@SuppressWarnings("serial") // never serialised
final class VirtioException extends RuntimeException {

    VirtioException(String message) {
        super(message, null, false, false);
    }
}
