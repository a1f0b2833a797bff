package vmm.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.Interpreter;
import vmm.mem.GuestMemory;

/**
 * The emulated processor in the situation of {@link HostProcess}: 64-bit mode, privilege level 3,
 * flat segments, and the slots at the same linear addresses.
 */
final class EmulatedProcess implements AutoCloseable {
    private static final long MEMORY_BYTES = 16 << 20;
    private static final long SHARED_GPA = 0x20_0000;
    private static final long TABLES_GPA = 0x1000;
    private static final long PRESENT_WRITABLE_USER = 7;
    private static final int CODE_64 = 0xa0fb, CODE_32 = 0xc0fb, DATA = 0xc0f3;

    /** More instructions than any case executes: a REP counts once for each repetition. */
    private static final int STEP_LIMIT = 2000;

    private final GuestMemory memory = GuestMemory.allocate(MEMORY_BYTES);
    private final Cpu cpu = new Cpu(new NoPlatform(), memory);
    private final Interpreter interpreter = new Interpreter(cpu);

    EmulatedProcess() {
        long pageDirectoryPointers = TABLES_GPA + 0x1000;
        long pageDirectory = TABLES_GPA + 0x2000;
        long pageTable = TABLES_GPA + 0x3000;
        memory.write64(TABLES_GPA, pageDirectoryPointers | PRESENT_WRITABLE_USER);
        memory.write64(pageDirectoryPointers, pageDirectory | PRESENT_WRITABLE_USER);
        memory.write64(
                pageDirectory + 8 * (Slot.SHARED_LINEAR >> 21), pageTable | PRESENT_WRITABLE_USER);
        for (int page = 0; page < sharedBytes() >> GuestMemory.PAGE_SHIFT; page++) {
            memory.write64(
                    pageTable + 8L * page,
                    SHARED_GPA + ((long) page << GuestMemory.PAGE_SHIFT) | PRESENT_WRITABLE_USER);
        }
        cpu.cr3 = TABLES_GPA;
        cpu.cr4 =
                Cpu.CR4_PAE
                        | Cpu.CR4_OSFXSR
                        | Cpu.CR4_OSXMMEXCPT
                        | Cpu.CR4_FSGSBASE
                        | Cpu.CR4_UMIP
                        | Cpu.CR4_OSXSAVE;
        cpu.xcr0 = 7;
        cpu.efer = Cpu.EFER_LME | Cpu.EFER_LMA | Cpu.EFER_NXE | Cpu.EFER_SCE;
        cpu.cr0 =
                Cpu.CR0_PE
                        | Cpu.CR0_MP
                        | Cpu.CR0_ET
                        | Cpu.CR0_NE
                        | Cpu.CR0_WP
                        | Cpu.CR0_AM
                        | Cpu.CR0_PG;
        cpu.segment(Cpu.CS, 0x33, 0, -1, CODE_64);
        for (int data : new int[] {Cpu.SS, Cpu.DS, Cpu.ES, Cpu.FS, Cpu.GS}) {
            cpu.segment(data, 0x2b, 0, -1, DATA);
        }
        cpu.modeChanged();
        cpu.privilege(3);
    }

    private static int sharedBytes() {
        return HostProcess.SHARED_BYTES;
    }

    /** Takes over the slots as they are before the host runs them. */
    void takeOver(MemorySegment shared) {
        memory.copyIn(SHARED_GPA, shared.asSlice(0, sharedBytes()));
    }

    /** Takes over the first {@code slots} slots and the page behind all. */
    void takeOver(MemorySegment shared, int slots) {
        int bytes = Slot.CONTROL_BYTES + slots * Slot.BYTES;
        memory.copyIn(SHARED_GPA, shared.asSlice(0, bytes));
        long edge = Slot.EDGE_LINEAR - Slot.SHARED_LINEAR;
        memory.copyIn(SHARED_GPA + edge, shared.asSlice(edge, Slot.EDGE_BYTES));
    }

    Slot slot(int index) {
        return new Slot(memory.slice(SHARED_GPA, sharedBytes()), index);
    }

    Cpu cpu() {
        return cpu;
    }

    /** Runs slot {@code index} until it comes to an INT3 (null) or faults. */
    @Nullable GuestFault run(int index) {
        Slot slot = slot(index);
        load(slot);
        try {
            for (int step = 0; step < STEP_LIMIT; step++) {
                if (atEnd(slot)) {
                    return null;
                }
                interpreter.executeNext();
            }
        } catch (GuestFault fault) {
            return fault;
        }
        throw new AssertionError("no end after " + STEP_LIMIT + " instructions");
    }

    private boolean atEnd(Slot slot) {
        long offset = cpu.rip - slot.linear();
        return offset >= Slot.CODE
                && offset < Slot.CODE + Slot.CODE_BYTES
                && slot.memory().get(ValueLayout.JAVA_BYTE, offset) == (byte) 0xcc;
    }

    private void load(Slot slot) {
        for (int r = 0; r < 16; r++) {
            cpu.gpr[r] = slot.gpr(r);
        }
        if (slot.longMode() != (cpu.codeSize == 8)) {
            if (slot.longMode()) {
                cpu.segment(Cpu.CS, Slot.USER_CODE_64, 0, -1, CODE_64);
            } else {
                cpu.segment(Cpu.CS, Slot.USER_CODE_32, 0, -1, CODE_32);
            }
        }
        cpu.rip = slot.startLinear();
        cpu.flags(slot.flags());
        MemorySegment in = slot.memory().asSlice(Slot.IN_FX);
        cpu.x87.control = in.get(ValueLayout.JAVA_SHORT, 0) & 0xffff;
        cpu.x87.statusWord(in.get(ValueLayout.JAVA_SHORT, 2) & 0xffff);
        cpu.x87.occupied = in.get(ValueLayout.JAVA_BYTE, 4) & 0xff;
        cpu.x87.opcode = 0;
        cpu.x87.instructionPointer = 0;
        cpu.x87.instructionSelector = 0;
        cpu.x87.dataPointer = 0;
        cpu.x87.dataSelector = 0;
        cpu.mxcsr = in.get(ValueLayout.JAVA_INT, 24);
        for (int r = 0; r < 8; r++) {
            int physical = cpu.x87.top + r & 7;
            cpu.x87.significand[physical] = in.get(ValueLayout.JAVA_LONG, 32 + 16L * r);
            cpu.x87.signExponent[physical] = in.get(ValueLayout.JAVA_SHORT, 40 + 16L * r) & 0xffff;
        }
        for (int r = 0; r < 16; r++) {
            for (int half = 0; half < 4; half++) {
                cpu.vector[4 * r + half] = slot.vector(r, half);
            }
        }
    }

    @Override
    public void close() {
        memory.close();
    }

    /** No ports, no interrupts, no memory but RAM: level 3 code gets to none of them. */
    private static final class NoPlatform implements vmm.engine.Platform {
        @Override
        public int portRead(int port, int size) {
            throw new AssertionError("port");
        }

        @Override
        public void portWrite(int port, int size, int value) {
            throw new AssertionError("port");
        }

        @Override
        public long mmioRead(long gpa, int size) {
            throw new AssertionError("mmio");
        }

        @Override
        public void mmioWrite(long gpa, int size, long value) {
            throw new AssertionError("mmio");
        }

        @Override
        public int acknowledgeInterrupt() {
            throw new AssertionError("interrupt");
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
}
