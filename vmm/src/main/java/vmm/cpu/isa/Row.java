package vmm.cpu.isa;

/**
 * One encoding.
 *
 * @param encoding the manual's notation, parts separated by blanks: an optional mandatory prefix
 *     ({@code NP}, {@code 66}, {@code F3}, {@code F2}; absent means that prefixes do not select),
 *     {@code 0F}, {@code 0F 38} or {@code 0F 3A}, the opcode byte in hexadecimal, with {@code +r}
 *     if its low three bits name a register; then {@code /0}..{@code /7} if ModRM.reg extends the
 *     opcode, {@code /r} is implied by operand codes and not written; then a second fixed byte
 *     ({@code D9 E8}) or {@code D8 C0+i} for rows that are selected by the whole ModRM byte. {@code
 *     REX.W} after the prefix selects the row with W = 1, {@code W0} the one with W = 0.
 * @param op operation number
 * @param operands operand codes of SDM volume 2 appendix A.2, blank separated, destination first:
 *     {@code Eb Gv Iz M Mq Vx Wss Pq Qq Ux Nq Rd ...}; empty if there are none
 * @param facts bits of {@link Facts}
 */
public record Row(String encoding, int op, String operands, int facts) {}
