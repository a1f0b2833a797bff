package vmm.cpu.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.Insn;
import vmm.cpu.NoDevices;
import vmm.cpu.decode.Decoder;
import vmm.cpu.isa.Table;
import vmm.mem.GuestMemory;

/** A processor with memory for tests, which executes single instructions given as bytes. */
final class Processor implements AutoCloseable {
    /** Where the tables lie. */
    static final long GDT = 0x1000, IDT = 0x2000, TSS = 0x3000, STACK = 0x8000, CODE = 0x6000;

    /** Selectors of {@link #tables}. */
    static final int CODE_32 = 0x08,
            DATA = 0x10,
            CODE_64 = 0x18,
            USER_CODE_32 = 0x23,
            USER_DATA = 0x2b,
            USER_CODE_64 = 0x33,
            TASK = 0x38,
            CODE_16 = 0x48,
            DATA_16 = 0x50;

    private static final Table TABLE = Table.standard();

    final GuestMemory memory = GuestMemory.allocate(4 << 20);
    final Clock clock = new Clock();
    final Cpu cpu = new Cpu(clock, memory);
    private final Decoder decoder = new Decoder(TABLE);

    static final class Clock extends NoDevices {
        long nowNs;
        long wallClockNs;

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public long wallClockNs() {
            return wallClockNs;
        }
    }

    /** Executes one instruction; on a fault RIP is put back, as the run loop does. */
    @Nullable GuestFault run(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        Insn insn = new Insn();
        int result = decoder.decode(k -> bytes[k] & 0xff, cpu.codeSize, cpu.protectedMode(), insn);
        assertEquals(Decoder.OK, result, hex);
        assertEquals(bytes.length, insn.length, hex);
        long rip = cpu.rip;
        try {
            cpu.rip += insn.length;
            Dispatch.execute(cpu, insn);
            return null;
        } catch (GuestFault fault) {
            cpu.rip = rip;
            return fault;
        }
    }

    /** As {@link #run}, but bytes that are no instruction are #UD. */
    @Nullable GuestFault attempt(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        int result =
                decoder.decode(
                        k -> k < bytes.length ? bytes[k] & 0xff : 0,
                        cpu.codeSize,
                        cpu.protectedMode(),
                        new Insn());
        return result == Decoder.UNDEFINED ? cpu.undefined() : run(hex);
    }

    /** Executes one instruction that must not fault. */
    void runs(String hex) {
        GuestFault fault = run(hex);
        assertEquals(null, fault == null ? null : "fault " + fault.vector(), hex);
    }

    /** Executes one instruction that must fault so. */
    void faults(int vector, int errorCode, String hex) {
        GuestFault fault = run(hex);
        assertNotNull(fault, hex);
        assertEquals(vector, fault.vector(), hex);
        assertEquals(errorCode, fault.errorCode(), hex);
    }

    /** Bytes that are no instruction in the current mode. */
    void undefined(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        Insn insn = new Insn();
        int result =
                decoder.decode(
                        k -> k < bytes.length ? bytes[k] & 0xff : 0,
                        cpu.codeSize,
                        cpu.protectedMode(),
                        insn);
        assertEquals(Decoder.UNDEFINED, result, hex);
    }

    /** Delivers a fault as the run loop does. */
    void deliver(int vector, int errorCode) {
        Interrupts.exception(cpu, cpu.fault(vector, errorCode));
    }

    // Tables

    static long segment(long base, long limit, int access) {
        return limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) (access & 0xf0ff) << 40
                | (limit & 0xf_0000) << 32
                | (base & 0xff00_0000L) << 32;
    }

    static long gate(int selector, long offset, int type) {
        return offset & 0xffff
                | (long) selector << 16
                | (long) type << 40
                | (offset & 0xffff_0000L) << 32;
    }

    void descriptor(int selector, long descriptor) {
        memory.write64(GDT + (selector & ~7), descriptor);
    }

    /** Fills the GDT and points GDTR, IDTR to their tables. */
    void tables() {
        descriptor(CODE_32, segment(0, 0xf_ffff, 0xc09b));
        descriptor(DATA, segment(0, 0xf_ffff, 0xc093));
        descriptor(CODE_64, segment(0, 0xf_ffff, 0xa09b));
        descriptor(USER_CODE_32, segment(0, 0xf_ffff, 0xc0fb));
        descriptor(USER_DATA, segment(0, 0xf_ffff, 0xc0f3));
        descriptor(USER_CODE_64, segment(0, 0xf_ffff, 0xa0fb));
        descriptor(TASK, segment(TSS, 0x67, 0x89));
        descriptor(CODE_16, segment(0, 0xffff, 0x009b));
        descriptor(DATA_16, segment(0, 0xffff, 0x0093));
        cpu.gdtBase = GDT;
        cpu.gdtLimit = 0xff;
        cpu.idtBase = IDT;
        cpu.idtLimit = 0xfff;
    }

    /** Flat 32-bit protected mode at privilege {@code level}. */
    void protectedMode(int level) {
        tables();
        cpu.cr0 |= Cpu.CR0_PE;
        int rights = level << 5;
        int code = level == 0 ? CODE_32 : USER_CODE_32;
        int data = level == 0 ? DATA : USER_DATA;
        cpu.segment(Cpu.CS, code, 0, -1, 0xc09b | rights);
        for (int segment : new int[] {Cpu.ES, Cpu.SS, Cpu.DS, Cpu.FS, Cpu.GS}) {
            cpu.segment(segment, data, 0, -1, 0xc093 | rights);
        }
        cpu.segment(Cpu.TR, TASK, TSS, 0x67, 0x8b);
        cpu.modeChanged();
        cpu.privilege(level);
        cpu.rip = CODE;
        cpu.gpr[Cpu.RSP] = STACK;
    }

    /** 64-bit mode with the first 2 MiB mapped to themselves, open to users. */
    void longMode(int level) {
        protectedMode(level);
        memory.write64(0x10_0000, 0x10_1007);
        memory.write64(0x10_1000, 0x10_2007);
        memory.write64(0x10_2000, 0x87);
        cpu.cr3 = 0x10_0000;
        cpu.cr4 |= Cpu.CR4_PAE;
        cpu.efer |= Cpu.EFER_LME | Cpu.EFER_LMA | Cpu.EFER_NXE | Cpu.EFER_SCE;
        cpu.cr0 |= Cpu.CR0_PG | Cpu.CR0_WP;
        int code = level == 0 ? CODE_64 : USER_CODE_64;
        cpu.segment(Cpu.CS, code, 0, -1, 0xa09b | level << 5);
        cpu.modeChanged();
    }

    /** An interrupt gate of the current mode. */
    void interruptGate(int vector, int selector, long offset, int type) {
        if ((cpu.efer & Cpu.EFER_LMA) != 0) {
            memory.write64(IDT + 16L * vector, gate(selector, offset, type));
            memory.write64(IDT + 16L * vector + 8, offset >>> 32);
        } else {
            memory.write64(IDT + 8L * vector, gate(selector, offset, type));
        }
    }

    long stack64(int index) {
        return memory.read64(cpu.gpr[Cpu.RSP] + 8L * index);
    }

    int stack32(int index) {
        return memory.read32(cpu.gpr[Cpu.RSP] + 4L * index);
    }

    @Override
    public void close() {
        memory.close();
    }
}
