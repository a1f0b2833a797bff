package vmm.cpu;

import vmm.engine.Platform;

/** A machine around the processor in which there is nothing but memory. */
public class NoDevices implements Platform {
    @Override
    public int portRead(int port, int size) {
        return -1;
    }

    @Override
    public void portWrite(int port, int size, int value) {}

    @Override
    public long mmioRead(long gpa, int size) {
        return -1L >>> 64 - 8 * size;
    }

    @Override
    public void mmioWrite(long gpa, int size, long value) {}

    @Override
    public int acknowledgeInterrupt() {
        return 0xff;
    }

    @Override
    public long nowNs() {
        return 0;
    }

    @Override
    public long wallClockNs() {
        return 0;
    }
}
