package vmm.cpu.isa;

/**
 * One encoding.
 *
 * <p>Operand codes are those of SDM volume 2 appendix A.2 ({@code Eb Gv Iz M Mq Vx Wss Pq Qq Ux Nq
 * Rd ...}), blank separated, destination first; and {@code Z}, the register in the low bits of the
 * opcode, presented as {@code Insn.reg} and {@code Insn.rm}. {@code M} rows match only memory,
 * {@code R U N} rows only registers, others both; {@code Rd/Mb} is like {@code E}. A fixed first
 * operand ({@code AL}, {@code rAX}) is presented as {@code Insn.rm}, a fixed {@code 1} as {@code
 * Insn.immediate}. Immediates and displacements are sign extended, {@code Ib} too.
 *
 * <p>{@code Insn.size} comes from the first operand with a size letter {@code v} (2, 4, 8) or
 * {@code y} (4, 8), else from the first operand in a register or in memory: {@code b w d q t p}, 8
 * for MMX, 16 (32 under VEX.256) for vectors; immediates do not count. Without any it is the
 * operand size (2, 4, 8), which also is the size of a memory operand without a letter.
 *
 * @param encoding the manual's notation, parts separated by blanks: an optional mandatory prefix
 *     ({@code NP}, {@code 66}, {@code F3}, {@code F2}; absent means that prefixes do not select),
 *     {@code 0F}, {@code 0F 38} or {@code 0F 3A}, the opcode byte in hexadecimal, with {@code +r}
 *     if its low three bits name a register; then {@code /0}..{@code /7} if ModRM.reg extends the
 *     opcode, {@code /r} is implied by operand codes and not written; then a second fixed byte
 *     ({@code D9 E8}) or {@code D8 C0+i} for rows that are selected by the whole ModRM byte. {@code
 *     REX.W} after the prefix selects the row with W = 1, {@code W0} the one with W = 0. Rows under
 *     VEX start with {@code VEX}, then any of {@code L0 L1}, the prefix, {@code W0 W1}: {@code VEX
 *     L0 66 0F 6E}.
 * @param op operation number
 * @param operands operand codes; empty if there are none
 * @param facts bits of {@link Facts}
 */
public record Row(String encoding, int op, String operands, int facts) {}
