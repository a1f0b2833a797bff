package vmm.dev;

/**
 * An interrupt line from a device to an interrupt controller. The device drives its level; who
 * listens decides about edges.
 */
public interface IrqLine {

    /** Sets the level of the line. Setting the level that it has already does nothing. */
    void level(boolean asserted);
}
