package vmm.cpu.exec;

import static vmm.cpu.isa.SseCryptoRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/** Families SSE_CRYPTO and VEX_CRYPTO: AES-NI, PCLMULQDQ, SHA extensions. */
final class SseCrypto {
    private SseCrypto() {}

    static void execute(Cpu cpu, Insn i) {
        Xmm.available(cpu);
        // the SHA extensions take their operand at any address, as the hardware does
        int s = i.op >= SHA1RNDS4 ? Xmm.unalignedSource(cpu, i) : Xmm.source(cpu, i);
        lane(cpu.vector, i.op, (int) i.immediate & 0xff, 4 * i.reg, s);
    }

    static void executeVex(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        int op = Family.withoutVex(i.op);
        int immediate = (int) i.immediate & 0xff;
        int s = Ymm.source(cpu, i);
        Ymm.begin(cpu, i.vvvv);
        lane(cpu.vector, op, immediate, Xmm.RESULT, s);
        if (i.wide) {
            lane(cpu.vector, op, immediate, Xmm.RESULT + 2, s + 2);
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    private static void lane(long[] v, int op, int immediate, int d, int s) {
        switch (op) {
            case AESIMC -> Aes.inverseMixColumns(v, d, s);
            case AESENC -> Aes.encrypt(v, d, s, false);
            case AESENCLAST -> Aes.encrypt(v, d, s, true);
            case AESDEC -> Aes.decrypt(v, d, s, false);
            case AESDECLAST -> Aes.decrypt(v, d, s, true);
            case AESKEYGENASSIST -> Aes.assistKey(v, d, s, immediate);
            case PCLMULQDQ -> multiply(v, d, v[d + (immediate & 1)], v[s + (immediate >> 4 & 1)]);
            case SHA1RNDS4 -> Sha.rounds1(v, d, s, immediate & 3);
            case SHA1NEXTE -> Sha.next1(v, d, s);
            case SHA1MSG1 -> Sha.message1First(v, d, s);
            case SHA1MSG2 -> Sha.message1Second(v, d, s);
            case SHA256RNDS2 -> Sha.rounds256(v, d, s);
            case SHA256MSG1 -> Sha.message256First(v, d, s);
            default -> Sha.message256Second(v, d, s);
        }
    }

    /** The product without carries, 128 bits. */
    private static void multiply(long[] v, int d, long a, long b) {
        long low = 0;
        long high = 0;
        for (long rest = b; rest != 0; rest &= rest - 1) {
            int k = Long.numberOfTrailingZeros(rest);
            low ^= a << k;
            high ^= a >>> 1 >>> 63 - k;
        }
        v[d] = low;
        v[d + 1] = high;
    }
}
