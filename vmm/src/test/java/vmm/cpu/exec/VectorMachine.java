package vmm.cpu.exec;

import static vmm.cpu.exec.VectorCases.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.Insn;
import vmm.cpu.NoDevices;
import vmm.cpu.decode.Decoder;
import vmm.cpu.isa.Table;
import vmm.mem.GuestMemory;

/** Executes the cases of {@link VectorCases} on the emulated processor. */
final class VectorMachine implements AutoCloseable {
    private static final long DATA = 0x1000;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    final Cpu cpu = new Cpu(new NoDevices(), memory);
    private final Decoder decoder = new Decoder(Table.standard());
    final Insn insn = new Insn();

    VectorMachine() {
        cpu.cr0 |= Cpu.CR0_PE | Cpu.CR0_NE;
        cpu.cr4 |= Cpu.CR4_OSFXSR | Cpu.CR4_OSXMMEXCPT | Cpu.CR4_OSXSAVE;
        cpu.xcr0 = 7;
        cpu.codeSize = 8;
        cpu.mmu.modeChanged();
        cpu.gpr[Cpu.RBX] = DATA;
    }

    /** Replaces {@code state} by the state after its instruction. */
    void execute(long[] state) {
        byte[] code = new byte[16];
        ByteBuffer.wrap(code)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(state[CODE])
                .putLong(state[CODE + 1]);
        int result = decoder.decode(at -> code[at] & 0xff, 8, true, insn);
        if (result != Decoder.OK || insn.length != code[15]) {
            throw new AssertionError("decoded " + result + ", length " + insn.length);
        }
        load(state);
        try {
            Dispatch.execute(cpu, insn);
        } catch (GuestFault fault) {
            state[FAULT] = fault.vector();
        }
        store(state);
    }

    /** Executes the instruction whose bytes are those of {@code code}, lowest first. */
    void run(long code) {
        decoder.decode(at -> (int) (code >>> 8 * at) & 0xff, 8, true, insn);
        Dispatch.execute(cpu, insn);
    }

    private void load(long[] state) {
        for (int r = 0; r < 3; r++) {
            cpu.vector[4 * r] = state[XMM + 2 * r];
            cpu.vector[4 * r + 1] = state[XMM + 2 * r + 1];
        }
        cpu.x87.significand[1] = state[MM];
        cpu.x87.significand[2] = state[MM + 1];
        cpu.gpr[Cpu.RAX] = state[RAX];
        cpu.gpr[Cpu.RCX] = state[RCX];
        cpu.gpr[Cpu.RDX] = state[RDX];
        cpu.gpr[Cpu.RBX] = DATA;
        cpu.gpr[Cpu.RDI] = DATA;
        cpu.flags(state[FLAGS]);
        cpu.mxcsr = (int) state[MXCSR];
        for (int k = 0; k < 4; k++) {
            memory.write64(DATA + 8 * k, state[MEMORY + k]);
        }
    }

    private void store(long[] state) {
        for (int r = 0; r < 3; r++) {
            state[XMM + 2 * r] = cpu.vector[4 * r];
            state[XMM + 2 * r + 1] = cpu.vector[4 * r + 1];
        }
        state[MM] = cpu.x87.significand[1];
        state[MM + 1] = cpu.x87.significand[2];
        state[RAX] = cpu.gpr[Cpu.RAX];
        state[RCX] = cpu.gpr[Cpu.RCX];
        state[RDX] = cpu.gpr[Cpu.RDX];
        state[FLAGS] = cpu.flags() & Cpu.ARITHMETIC_FLAGS;
        state[MXCSR] = cpu.mxcsr;
        for (int k = 0; k < 4; k++) {
            state[MEMORY + k] = memory.read64(DATA + 8 * k);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
