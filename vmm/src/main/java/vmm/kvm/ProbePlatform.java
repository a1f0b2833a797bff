package vmm.kvm;

import org.jspecify.annotations.Nullable;
import vmm.engine.Platform;
import vmm.engine.Vcpu;

/** The machine around the guests of the self-test: one port to report to, one byte of each kind. */
final class ProbePlatform implements Platform {
    static final int REPORT_PORT = 0xe0;
    static final int INPUT_PORT = 0xe4;
    static final int INPUT = 0x1357_9bdf;
    static final int VECTOR = 0x30;

    private @Nullable Vcpu vcpu;
    private boolean reported;
    private int report;
    private long stored;

    void start(Vcpu runs, boolean interrupts) {
        vcpu = runs;
        reported = false;
        stored = INPUT;
        runs.interruptLine(interrupts);
    }

    boolean reported() {
        return reported;
    }

    /** What the guest wrote to the port. */
    int report() {
        return report;
    }

    @Override
    public int portRead(int port, int size) {
        return port == INPUT_PORT && size == 4 ? INPUT : -1;
    }

    @Override
    public void portWrite(int port, int size, int value) {
        if (port == REPORT_PORT && vcpu != null) {
            report = value;
            reported = true;
            vcpu.kick();
        }
    }

    @Override
    public long mmioRead(long gpa, int size) {
        return stored;
    }

    @Override
    public void mmioWrite(long gpa, int size, long value) {
        stored = value;
    }

    @Override
    public int acknowledgeInterrupt() {
        if (vcpu != null) {
            vcpu.interruptLine(false);
        }
        return VECTOR;
    }

    @Override
    public long nowNs() {
        return System.nanoTime();
    }

    @Override
    public long wallClockNs() {
        return 0;
    }
}
