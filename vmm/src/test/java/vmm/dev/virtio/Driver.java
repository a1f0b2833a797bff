package vmm.dev.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import vmm.dev.IrqLine;
import vmm.dev.MmioBus;
import vmm.dev.PortBus;
import vmm.dev.pci.PciBus;
import vmm.dev.pci.PciRouting;
import vmm.mem.GuestMemory;

/** The guest's side of one virtio device on a board of its own, well behaved or not. */
final class Driver implements AutoCloseable {
    static final long DESCRIPTORS = 0x1000, AVAIL = 0x3000, USED = 0x4000;
    static final int NEXT = 1, WRITE = 2, INDIRECT = 4;
    static final long RAM = 1 << 20;

    final ReentrantLock lock = new ReentrantLock();
    final GuestMemory memory = GuestMemory.allocate(RAM);
    final PortBus ports = new PortBus();
    final MmioBus mmio = new MmioBus();
    final PciBus bus;
    final List<String> complaints = new ArrayList<>();
    private final Condition interrupted = lock.newCondition();
    private boolean level;
    private final VirtioPci pci;
    int queueSize = 16;
    private int availIndex;

    /** Makes the device once the driver's lock and memory are there. */
    interface Maker {
        VirtioDevice make(GuestMemory memory, ReentrantLock lock);
    }

    Driver(Maker maker) {
        IrqLine[] lines = new IrqLine[PciRouting.WIRES];
        for (int k = 0; k < lines.length; k++) {
            lines[k] = this::interrupt;
        }
        bus = new PciBus(ports, mmio, lines, null);
        pci = new VirtioPci(bus, memory, maker.make(memory, lock), complaints::add);
    }

    private void interrupt(boolean asserted) {
        level = asserted;
        interrupted.signalAll();
    }

    long read(int offset, int size) {
        lock.lock();
        try {
            return mmio.read(PciBus.MEMORY_BASE + offset, size);
        } finally {
            lock.unlock();
        }
    }

    void write(int offset, int size, long value) {
        lock.lock();
        try {
            mmio.write(PciBus.MEMORY_BASE + offset, size, value);
        } finally {
            lock.unlock();
        }
    }

    long portRead(int offset, int size) {
        lock.lock();
        try {
            return ports.read(PciBus.PORT_BASE + offset, size) & 0xffff_ffffL;
        } finally {
            lock.unlock();
        }
    }

    void portWrite(int offset, int size, int value) {
        lock.lock();
        try {
            ports.write(PciBus.PORT_BASE + offset, size, value);
        } finally {
            lock.unlock();
        }
    }

    int status() {
        return (int) read(20, 1);
    }

    void status(int value) {
        write(20, 1, value);
    }

    /** Features 32 and up are {@code high}. */
    void negotiate(int low, int high) {
        status(0);
        status(3);
        write(8, 4, 0);
        write(12, 4, low & 0xffff_ffffL);
        write(8, 4, 1);
        write(12, 4, high);
        status(11);
    }

    void queue(long descriptors, long avail, long used) {
        write(22, 2, 0);
        write(24, 2, queueSize);
        write(32, 8, descriptors);
        write(40, 8, avail);
        write(48, 4, used);
        write(52, 4, used >>> 32);
        write(28, 2, 1);
    }

    /** A device that works, without optional features of the queue. */
    void bringUp(int features) {
        negotiate(features, 1);
        memory.fill(AVAIL, 0x1000, (byte) 0);
        memory.fill(USED, 0x1000, (byte) 0);
        queue(DESCRIPTORS, AVAIL, USED);
        status(15);
        availIndex = 0;
    }

    void descriptor(int index, long gpa, long length, int flags, int next) {
        descriptorAt(DESCRIPTORS + 16L * index, gpa, length, flags, next);
    }

    void descriptorAt(long at, long gpa, long length, int flags, int next) {
        memory.write64(at, gpa);
        memory.write32(at + 8, (int) length);
        memory.write16(at + 12, flags);
        memory.write16(at + 14, next);
    }

    /** Makes {@code head} available and notifies the device. */
    void submit(int head) {
        memory.write16(AVAIL + 4 + 2L * (availIndex & queueSize - 1), head);
        availIndex = availIndex + 1 & 0xffff;
        memory.write16(AVAIL + 2, availIndex);
        kick(0);
    }

    void kick(int queue) {
        write(ModernRegisters.NOTIFY, 2, queue);
    }

    /** Waits for an interrupt and acknowledges it; the interrupt status. */
    int awaitInterrupt() {
        lock.lock();
        try {
            long waitNs = TimeUnit.SECONDS.toNanos(20);
            while (!level) {
                if (waitNs <= 0) {
                    throw new AssertionError("no interrupt");
                }
                waitNs = interrupted.awaitNanos(waitNs);
            }
            return (int) read(ModernRegisters.ISR, 1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            lock.unlock();
        }
    }

    boolean interruptLevel() {
        lock.lock();
        try {
            return level;
        } finally {
            lock.unlock();
        }
    }

    int usedIndex() {
        return memory.read16(USED + 2);
    }

    int usedLength(int entry) {
        return memory.read32(USED + 8 + 8L * entry);
    }

    boolean needsReset() {
        return (status() & Transport.NEEDS_RESET) != 0;
    }

    void pause(boolean paused) {
        lock.lock();
        try {
            pci.pause(paused);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            pci.close();
        } finally {
            lock.unlock();
        }
    }
}
