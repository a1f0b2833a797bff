package vmm.dev;

/** An interrupt line that remembers its level and counts its edges. */
public final class FakeLine implements IrqLine {
    private boolean high;
    private int rises;

    @Override
    public void level(boolean asserted) {
        if (asserted && !high) {
            rises++;
        }
        high = asserted;
    }

    /** The level now. */
    public boolean high() {
        return high;
    }

    /** Rising edges so far. */
    public int rises() {
        return rises;
    }
}
