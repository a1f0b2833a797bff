package vmm.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import vmm.cpu.jit.Region;

/**
 * Decoded instructions that follow one another in one page (only a single instruction may reach
 * into the next page) up to a branch or whatever else ends a block.
 */
final class Block {
    /** Takes the place of every instruction of a dropped block: the run loop leaves it there. */
    static final Insn LEAVE = leave();

    /** {@link #linear} of a block that must not be entered any more. */
    private static final long NOWHERE = 1L << 62;

    final Insn[] insns;

    /** Guest physical address of the first byte. */
    final long gpa;

    /** {@link Cpu#mode} that it was decoded for. */
    final int mode;

    /** Bytes. */
    final int length;

    /** Guest physical address of the next page if the only instruction reaches into it, or -1. */
    final long secondPage;

    /** Whether afterwards HLT, TF or a shutdown may need attention. */
    final boolean eventful;

    /** Guest instructions beyond the length of {@link #insns}. */
    final int fused;

    /** Whether another block may follow without a look at what wants attention. */
    final boolean plain;

    /** How often it was executed by the interpreter. */
    int runs;

    /** When {@link #runs} is that, it is time to translate it. */
    int translateAt;

    /** The translated code that begins with it. */
    @Nullable Region region;

    /** Linear address where it was last found to be mapped. */
    long linear;

    /** Mode and state of the mappings for which {@link #linear} is known to be right. */
    long stamp;

    /** What a dropped block consisted of: it may still be running. */
    private Insn @Nullable [] before;

    // Links of the cache.
    @Nullable Block nextInBucket;
    @Nullable Block nextInPage;
    @Nullable Block nextReaching;

    Block(
            Insn[] insns,
            long gpa,
            int mode,
            int length,
            long secondPage,
            boolean eventful,
            int fused,
            boolean plain) {
        this.insns = insns;
        this.gpa = gpa;
        this.mode = mode;
        this.length = length;
        this.secondPage = secondPage;
        this.eventful = eventful;
        this.fused = fused;
        this.plain = plain;
        linear = NOWHERE;
    }

    private static Insn leave() {
        Insn i = new Insn();
        i.op = vmm.cpu.isa.Family.LEAVE_BLOCK << 6;
        return i;
    }

    boolean dropped() {
        return before != null;
    }

    /** The instructions, also of a dropped block. */
    Insn[] decoded() {
        return before != null ? before : insns;
    }

    /** Makes the run loop leave the block after the current instruction, never to come back. */
    void drop() {
        before = insns.clone();
        Arrays.fill(insns, LEAVE);
        linear = NOWHERE;
        if (region != null) {
            region.dropped = true;
        }
    }
}
