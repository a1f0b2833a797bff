package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vmm.engine.Exit;

/** Debug exceptions: SDM volume 3 chapter 17 (18 in newer issues) and section 6.8.3. */
class DebugTest {
    private static final int HANDLER = 0x9000, OTHER = 0x9100, DATA = 0x20_0000;
    private static final long SINGLE_STEP = 1 << 14;
    private static final int EXECUTE = 0, WRITE = 1, PORT = 2, ACCESS = 3;

    private final FlatMachine m = new FlatMachine(4 << 20, new NoDevices());
    private final Cpu cpu = m.cpu;

    @BeforeEach
    void handlers() {
        cpu.gdtBase = 0x7000;
        cpu.gdtLimit = 0xff;
        m.memory.write64(0x7010, 0x00af_9b00_0000_ffffL);
        m.memory.write64(0x7018, 0x00cf_9300_0000_ffffL);
        for (int vector = 0; vector < 32; vector++) {
            gate(vector, vector == Cpu.DB ? HANDLER : OTHER);
        }
        m.memory.write8(HANDLER, 0xf4);
        m.memory.write8(OTHER, 0xf4);
    }

    @AfterEach
    void release() {
        m.memory.close();
    }

    private void gate(int vector, long offset) {
        m.memory.write64(
                FlatMachine.IDT + 16L * vector,
                offset & 0xffff | 0x10 << 16 | 0x8e00L << 32 | (offset & 0xffff_0000L) << 32);
    }

    private void load(String hex) {
        m.load(HexFormat.ofDelimiter(" ").parseHex(hex));
    }

    private void breakpoint(int n, int kind, int length, long address) {
        int lengthField = length == 8 ? 2 : length - 1;
        cpu.dr[n] = address;
        cpu.dr[7] |= 2L << 2 * n | (long) (kind | lengthField << 2) << 16 + 4 * n;
        cpu.breakpoints.changed();
        m.interpreter.stateChanged();
    }

    /** Runs to the first HLT, which is a handler's or the program's. */
    private void run() {
        assertEquals(Exit.HALTED_FOREVER, m.interpreter.run());
    }

    private void trapped(long rip, long reasons) {
        assertEquals(HANDLER + 1, cpu.rip);
        assertEquals(rip, m.memory.read64(cpu.gpr[Cpu.RSP]));
        assertEquals(reasons, cpu.dr[6] & 0xe00f);
    }

    private long pushedFlags() {
        return m.memory.read64(cpu.gpr[Cpu.RSP] + 16);
    }

    private static final long CODE = FlatMachine.CODE;

    // Instruction breakpoints, sections 17.2.4 and 17.3.1.1

    @Test
    void instructionBreakpointFaultsBeforeTheInstruction() {
        load("ff c0 ff c3 ff c1 f4"); // inc eax; inc ebx; inc ecx; hlt
        breakpoint(2, EXECUTE, 1, CODE + 2);
        run();
        trapped(CODE + 2, 1 << 2);
        assertEquals(1, cpu.gpr[Cpu.RAX]);
        assertEquals(0, cpu.gpr[Cpu.RBX]);
        assertEquals(0, pushedFlags() & Cpu.FLAG_RF);
    }

    @Test
    void resumeFlagLetsTheInstructionPassOnce() {
        // The handler sets RF in its frame and returns.
        m.memory.copyIn(HANDLER, HexFormat.of().parseHex("ffc2814c24100000010048cf"), 0, 12);
        load("ff c0 ff c3 f4"); // inc eax; inc ebx; hlt
        cpu.gpr[Cpu.RDX] = 0;
        breakpoint(0, EXECUTE, 1, CODE + 2);
        run();
        assertEquals(CODE + 5, cpu.rip);
        assertEquals(1, cpu.gpr[Cpu.RDX]);
        assertEquals(1, cpu.gpr[Cpu.RBX]);
        assertEquals(0, cpu.rflags & Cpu.FLAG_RF);
    }

    @Test
    void disabledBreakpointIsNone() {
        load("ff c0 ff c3 f4");
        cpu.dr[0] = CODE + 2;
        cpu.breakpoints.changed();
        run();
        assertEquals(CODE + 5, cpu.rip);
        assertEquals(0, cpu.dr[6] & 0xf);
    }

    @Test
    void pushedFlagsOfOtherFaultsHaveRf() {
        load("0f 0b"); // ud2
        run();
        assertEquals(Cpu.FLAG_RF, pushedFlags() & Cpu.FLAG_RF);
    }

    // Data breakpoints, section 17.2.4

    @Test
    void writeBreakpointTrapsBehindTheStore() {
        load("8b 06 89 06 ff c3 f4"); // mov eax,[rsi]; mov [rsi],eax; inc ebx; hlt
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(1, WRITE, 4, DATA);
        run();
        trapped(CODE + 4, 1 << 1);
        assertEquals(0, cpu.gpr[Cpu.RBX]);
    }

    @Test
    void accessBreakpointTrapsBehindTheLoad() {
        load("8b 06 ff c3 f4");
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(0, ACCESS, 4, DATA);
        run();
        trapped(CODE + 2, 1);
    }

    @Test
    void anyByteOfTheRangeCounts() {
        for (int length : new int[] {1, 2, 4, 8}) {
            for (int at = -9; at <= 9; at++) {
                cpu.dr[6] = 0xffff_0ff0L;
                cpu.dr[7] = 0x400;
                cpu.halted = false;
                load("66 89 06 f4"); // mov [rsi], ax
                cpu.gpr[Cpu.RSI] = DATA + 64L + at;
                breakpoint(3, WRITE, length, DATA + 63L + length); // the low bits are ignored
                run();
                boolean met = at > -2 && at < length;
                assertEquals(met ? 1 << 3 : 0, cpu.dr[6] & 0xf, length + " at " + at);
            }
        }
    }

    @Test
    void breakpointOnTwoPagesAndTwoBreakpoints() {
        load("48 89 06 f4"); // mov [rsi], rax
        cpu.gpr[Cpu.RSI] = DATA + 0xffc;
        breakpoint(0, WRITE, 1, DATA + 0xfff);
        breakpoint(1, ACCESS, 2, DATA + 0x1000);
        breakpoint(2, WRITE, 1, DATA + 0x1004);
        run();
        trapped(CODE + 3, 3);
    }

    @Test
    void repeatedInstructionTrapsAfterTheElement() {
        load("f3 aa f4"); // rep stosb
        cpu.gpr[Cpu.RDI] = DATA;
        cpu.gpr[Cpu.RCX] = 100;
        breakpoint(0, WRITE, 1, DATA + 10);
        run();
        trapped(CODE, 1);
        assertEquals(89, cpu.gpr[Cpu.RCX]);
    }

    @Test
    void pushAndLockedInstructionsAreAccesses() {
        load("50 f4"); // push rax
        breakpoint(0, WRITE, 8, FlatMachine.STACK_TOP - 8);
        run();
        trapped(CODE + 1, 1);
        cpu.dr[6] = 0;
        cpu.halted = false;
        load("f0 ff 06 f4"); // lock inc dword [rsi]
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(1, ACCESS, 4, DATA);
        run();
        trapped(CODE + 3, 1 << 1);
    }

    @Test
    void vectorAccessesCount() {
        load("0f 28 06 f4"); // movaps xmm0,[rsi]
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(0, ACCESS, 4, DATA + 12);
        run();
        trapped(CODE + 3, 1);
    }

    // Ports, section 17.2.4: only with CR4.DE

    @Test
    void portBreakpointNeedsDebuggingExtensions() {
        load("e4 62 f4"); // in al, 0x62
        breakpoint(0, PORT, 4, 0x60);
        run();
        assertEquals(CODE + 3, cpu.rip);
        cpu.halted = false;
        cpu.cr4 |= Cpu.CR4_DE;
        load("e4 62 f4");
        run();
        trapped(CODE + 2, 1);
    }

    // Single step, section 17.3.1.4

    @Test
    void singleStepTrapsAfterTheInstructionThatFollowsPopf() {
        load("9d 90 ff c0 f4"); // popf; nop; inc eax
        m.memory.write64(FlatMachine.STACK_TOP - 8, Cpu.FLAG_TF | 2);
        cpu.gpr[Cpu.RSP] -= 8;
        run();
        trapped(CODE + 2, SINGLE_STEP);
        assertEquals(Cpu.FLAG_TF, pushedFlags() & Cpu.FLAG_TF);
        assertEquals(0, cpu.rflags & Cpu.FLAG_TF);
    }

    @Test
    void popfThatClearsTheFlagIsStillTrapped() {
        load("9d f4");
        m.memory.write64(FlatMachine.STACK_TOP - 8, 2);
        cpu.gpr[Cpu.RSP] -= 8;
        cpu.flags(Cpu.FLAG_TF);
        m.interpreter.stateChanged();
        run();
        trapped(CODE + 1, SINGLE_STEP);
    }

    @Test
    void stackSegmentLoadHoldsOffTheTrap() {
        load("8e d0 ff c3 f4"); // mov ss, eax; inc ebx
        cpu.gpr[Cpu.RAX] = 0x18;
        cpu.flags(Cpu.FLAG_TF);
        m.interpreter.stateChanged();
        run();
        trapped(CODE + 4, SINGLE_STEP);
        assertEquals(1, cpu.gpr[Cpu.RBX]);
    }

    @Test
    void stackSegmentLoadHoldsOffItsDataBreakpoint() {
        load("8e 16 ff c3 f4"); // mov ss, [rsi]; inc ebx
        cpu.gpr[Cpu.RSI] = DATA;
        m.memory.write16(DATA, 0x18);
        breakpoint(0, ACCESS, 2, DATA);
        breakpoint(1, EXECUTE, 1, CODE + 2);
        run();
        trapped(CODE + 4, 1); // the instruction breakpoint is lost
    }

    @Test
    void heldOffBreakpointComesInTheHandlerOfTheNextInterrupt() {
        load("8e 16 cd 40"); // mov ss, [rsi]; int 0x40
        cpu.gpr[Cpu.RSI] = DATA;
        m.memory.write16(DATA, 0x18);
        gate(0x40, OTHER);
        breakpoint(0, ACCESS, 2, DATA);
        run();
        trapped(OTHER, 1);
    }

    @Test
    void softwareInterruptIsNotTrapped() {
        gate(0x40, OTHER);
        load("cd 40");
        cpu.flags(Cpu.FLAG_TF);
        m.interpreter.stateChanged();
        run();
        assertEquals(OTHER + 1, cpu.rip);
        assertEquals(0, cpu.dr[6] & SINGLE_STEP);
        assertEquals(Cpu.FLAG_TF, pushedFlags() & Cpu.FLAG_TF);
    }

    @Test
    void iretTrapsAfterTheInstructionItReturnsTo() {
        load("48 cf"); // iretq
        m.memory.write16(CODE + 0x10, 0xc0ff); // inc eax
        m.memory.write8(CODE + 0x12, 0xf4);
        long sp = FlatMachine.STACK_TOP - 40;
        m.memory.write64(sp, CODE + 0x10);
        m.memory.write64(sp + 8, 0x10);
        m.memory.write64(sp + 16, Cpu.FLAG_TF | 2);
        m.memory.write64(sp + 24, sp + 40);
        m.memory.write64(sp + 32, 0x18);
        cpu.gpr[Cpu.RSP] = sp;
        run();
        trapped(CODE + 0x12, SINGLE_STEP);
    }

    @Test
    void systemCallMasksTheFlag() {
        cpu.efer |= Cpu.EFER_SCE;
        cpu.star = 0x10L << 32;
        cpu.lstar = OTHER;
        cpu.sfmask = Cpu.FLAG_TF;
        load("0f 05");
        cpu.flags(Cpu.FLAG_TF);
        m.interpreter.stateChanged();
        run();
        assertEquals(OTHER + 1, cpu.rip);
        assertEquals(Cpu.FLAG_TF, cpu.gpr[11] & Cpu.FLAG_TF);
    }

    @Test
    void stepAndBreakpointAreOneException() {
        load("89 06 f4");
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(0, WRITE, 4, DATA);
        cpu.flags(Cpu.FLAG_TF);
        run();
        trapped(CODE + 2, SINGLE_STEP | 1);
    }

    // The registers, sections 17.2.1 to 17.2.5

    @Test
    void generalDetectStopsMovesToDebugRegisters() {
        load("0f 21 c0 f4"); // mov rax, dr0
        cpu.dr[7] |= 1 << 13;
        run();
        trapped(CODE, 1 << 13);
        assertEquals(0, cpu.dr[7] & 1 << 13); // the handler may use them
    }

    @Test
    void debugExceptionClearsGeneralDetect() {
        load("89 06 f4");
        cpu.gpr[Cpu.RSI] = DATA;
        breakpoint(0, WRITE, 4, DATA);
        cpu.dr[7] |= 1 << 13;
        run();
        trapped(CODE + 2, 1);
        assertEquals(0, cpu.dr[7] & 1 << 13);
    }

    @Test
    void statusIsSticky() {
        load("89 06 f4");
        cpu.gpr[Cpu.RSI] = DATA;
        cpu.dr[6] |= 1 << 3;
        breakpoint(0, WRITE, 4, DATA);
        run();
        trapped(CODE + 2, 1 << 3 | 1);
    }

    @Test
    void armingByInstructionTakesEffectWithTheNext() {
        load("0f 23 c0 0f 23 f9 ff c2 89 06 f4"); // mov dr0,rax; mov dr7,rcx; inc edx; mov
        // [rsi],eax
        cpu.gpr[Cpu.RAX] = DATA;
        cpu.gpr[Cpu.RSI] = DATA;
        cpu.gpr[Cpu.RCX] = 0x000d_0402; // global, write, four bytes
        run();
        trapped(CODE + 10, 1);
    }
}
