package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/** The first level of the dispatch: by family. The second is in each family's class. */
public final class Dispatch {
    private Dispatch() {}

    /** Executes {@code i}; {@link Cpu#rip} is already the address of the next instruction. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op >> 6) {
            case Family.ALU -> Alu.execute(cpu, i);
            case Family.SHIFT -> Shift.execute(cpu, i);
            case Family.MOVE -> Move.execute(cpu, i);
            case Family.BRANCH -> Branch.execute(cpu, i);
            case Family.STACK -> Stack.execute(cpu, i);
            case Family.STRING -> Strings.execute(cpu, i);
            case Family.BIT -> Bits.execute(cpu, i);
            case Family.MULTIPLY -> Multiply.execute(cpu, i);
            case Family.FLAG -> Flags.execute(cpu, i);
            case Family.ATOMIC -> Atomics.execute(cpu, i);
            case Family.PORT -> Ports.execute(cpu, i);
            case Family.SYSTEM -> SystemControl.execute(cpu, i);
            case Family.SEGMENT -> Segments.execute(cpu, i);
            case Family.SSE_MOVE -> SseMove.execute(cpu, i);
            case Family.SSE_INTEGER -> SseInteger.execute(cpu, i);
            case Family.SSE_INTEGER_MORE -> SseIntegerMore.execute(cpu, i);
            case Family.SSE_SHUFFLE -> SseShuffle.execute(cpu, i);
            case Family.SSE_FLOAT -> SseFloat.execute(cpu, i);
            case Family.SSE_CONVERT -> SseConvert.execute(cpu, i);
            case Family.SSE_CRYPTO -> SseCrypto.execute(cpu, i);
            case Family.MMX -> Mmx.execute(cpu, i);
            case Family.MMX_MORE -> MmxMore.execute(cpu, i);
            case Family.X87_ARITHMETIC -> X87Arithmetic.execute(cpu, i);
            case Family.X87_MOVE -> X87Move.execute(cpu, i);
            case Family.X87_CONTROL -> X87Control.execute(cpu, i);
            case Family.AVX -> Avx.execute(cpu, i);
            case Family.AVX_MASKED -> AvxMasked.execute(cpu, i);
            case Family.FMA -> Fma.execute(cpu, i);
            case Family.VEX_MOVE -> VexMove.execute(cpu, i);
            case Family.VEX_INTEGER -> SseInteger.executeVex(cpu, i);
            case Family.VEX_INTEGER_MORE -> SseIntegerMore.executeVex(cpu, i);
            case Family.VEX_SHUFFLE -> SseShuffle.executeVex(cpu, i);
            case Family.VEX_FLOAT -> SseFloat.executeVex(cpu, i);
            case Family.VEX_CONVERT -> SseConvert.executeVex(cpu, i);
            case Family.VEX_CRYPTO -> SseCrypto.executeVex(cpu, i);
            default -> throw cpu.undefined();
        }
    }
}
