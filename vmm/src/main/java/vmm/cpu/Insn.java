package vmm.cpu;

/**
 * One decoded instruction: the only form that the interpreter, and later the translator, sees.
 * Filled in by the decoder, then never changed. Semantic methods read operands by {@link #reg},
 * {@link #rm} and {@link #memory}; the operand codes of the table row tell the decoder what to
 * fetch and which forms are invalid.
 *
 * <p>The fields are as narrow as they can be: in large guests the run loop waits for the memory
 * that instructions lie in, and an instruction is 64 bytes now.
 */
public final class Insn {
    /**
     * Operation: family in the bits from 6 upward, number within the family in bits 0..5. See
     * {@code vmm.cpu.isa}.
     */
    public short op;

    /** Encoded length in bytes, 1..15. */
    public byte length;

    /**
     * Operand size in bytes: 1, 2, 4 or 8 for integer rows; for vector rows 16 (or 32 under
     * VEX.256).
     */
    public byte size;

    /** Effective address size in bytes: 2, 4 or 8. */
    public byte addressSize;

    /**
     * ModRM.reg with REX.R (0..15); or the register in the opcode's low bits with REX.B where there
     * is no ModRM.
     */
    public byte reg;

    /** ModRM.rm with REX.B (0..15) when {@link #memory} is false. */
    public byte rm;

    /** Whether the ModRM (or moffs) operand is in memory. */
    public boolean memory;

    /** Base register of a memory operand, or {@link Cpu#NO_REGISTER}. */
    public byte base;

    /**
     * Index register of a memory operand, or {@link Cpu#NO_REGISTER}; of gathers a vector register.
     */
    public byte index;

    /** Shift count of the index: 0..3. */
    public byte scale;

    /**
     * Displacement, sign-extended; with RIP-relative addressing the decoder sets {@link
     * #ripRelative}.
     */
    public long displacement;

    /** Whether the address of the next instruction is added to the displacement. */
    public boolean ripRelative;

    /** Mask of the effective address: 0xffff, 0xffffffff or all ones. */
    public long addressMask;

    /**
     * Segment register of the memory operand after defaults and overrides: {@link Cpu#ES}.. {@link
     * Cpu#GS}.
     */
    public byte segment;

    /** Immediate or branch displacement, sign-extended from its encoding as the row says. */
    public long immediate;

    /** Second immediate (ENTER, far pointers: the selector). */
    public int immediate2;

    /** 0, 0xf2 or 0xf3: the last repeat prefix, where it is not part of the opcode. */
    public short repeat;

    /** Whether a LOCK prefix was given (only on rows that allow it). */
    public boolean lock;

    /** Whether a REX prefix was given: selects SPL..DIL instead of AH..BH. */
    public boolean rex;

    /** Low three bits of the opcode and the ModRM byte: what the x87 unit keeps of its opcodes. */
    public short opcode;

    /** VEX.vvvv (0..15), or 0. */
    public byte vvvv;

    /** VEX.L: the vectors have 256 bits. */
    public boolean wide;
}
