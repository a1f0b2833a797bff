package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmm.engine.Exit;

/**
 * Code that was executed before is found again only while it is mapped there: SDM volume 3 section
 * 4.10.4 says which translations are gone after INVLPG and after a write to CR3.
 */
class CodeMappingsTest {
    private static final long POINTERS = 0x2000, DIRECTORY = 0xa000, TABLE = 0xb000;
    private static final long SMALL = 0x4000_0000L, LARGE = 0x4020_0000L;
    private static final long RIGHTS = 7, GLOBAL = 0x100, LARGE_PAGE = 0x80;

    /** Two places with functions that return 1 and 2, and the same in two large pages. */
    private static final long FIRST = 0x30_0000, SECOND = 0x30_1000;

    private static final long LARGE_FIRST = 0x40_0000, LARGE_SECOND = 0x60_0000, INSIDE = 0x5000;

    private final FlatMachine machine = new FlatMachine(8 << 20, new NoDevices());
    private final Cpu cpu = machine.cpu;

    @BeforeEach
    void map() {
        write(FlatMachine.CODE, "ffd3 faf4"); // call rbx; cli; hlt
        write(FIRST, "b001 c3"); // mov al,1; ret
        write(SECOND, "b002 c3");
        write(LARGE_FIRST + INSIDE, "b001 c3");
        write(LARGE_SECOND + INSIDE, "b002 c3");
        machine.memory.write64(POINTERS + 8, DIRECTORY | RIGHTS);
        machine.memory.write64(DIRECTORY, TABLE | RIGHTS);
        cpu.cr4 |= Cpu.CR4_PGE;
        cpu.modeChanged();
        cpu.mmu.flush();
    }

    private void write(long gpa, String hex) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        machine.memory.copyIn(gpa, code, 0, code.length);
    }

    private void mapSmall(long gpa, long flags) {
        machine.memory.write64(TABLE, gpa | RIGHTS | flags);
    }

    private void mapLarge(long gpa, long flags) {
        machine.memory.write64(DIRECTORY + 8, gpa | RIGHTS | LARGE_PAGE | flags);
    }

    /** What the function at {@code linear} returns. */
    private long call(long linear) {
        cpu.rip = FlatMachine.CODE;
        cpu.gpr[Cpu.RSP] = FlatMachine.STACK_TOP;
        cpu.gpr[Cpu.RBX] = linear;
        cpu.halted = false;
        machine.interpreter.stateChanged();
        assertEquals(Exit.HALTED_FOREVER, machine.interpreter.run());
        return cpu.gpr[Cpu.RAX] & 0xff;
    }

    /** Twice: the second time the run loop finds it by itself. */
    private void callFirst(long linear) {
        assertEquals(1, call(linear));
        assertEquals(1, call(linear));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, GLOBAL})
    void invlpgLetsThePageBeSeenAnew(long flags) {
        mapSmall(FIRST, flags);
        callFirst(SMALL);
        mapSmall(SECOND, flags);
        cpu.mmu.flushPage(SMALL + 0x10);
        assertEquals(2, call(SMALL));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, GLOBAL})
    void invlpgOfAnotherPageBeforeDoesNotHinderIt(long flags) {
        mapSmall(FIRST, flags);
        callFirst(SMALL);
        cpu.mmu.flushPage(SMALL + 0x1000);
        callFirst(SMALL);
        cpu.mmu.flushNonGlobal();
        callFirst(SMALL);
        mapSmall(SECOND, flags);
        cpu.mmu.flushPage(SMALL);
        assertEquals(2, call(SMALL));
    }

    @Test
    void writeToCr3LetsOtherThanGlobalPagesBeSeenAnew() {
        mapSmall(FIRST, 0);
        callFirst(SMALL);
        mapSmall(SECOND, 0);
        cpu.mmu.flushNonGlobal();
        assertEquals(2, call(SMALL));
    }

    @Test
    void pageThatIsGlobalNoMoreIsSeenAnew() {
        mapSmall(FIRST, GLOBAL);
        callFirst(SMALL);
        mapSmall(FIRST, 0);
        cpu.mmu.flushPage(SMALL);
        callFirst(SMALL);
        mapSmall(SECOND, 0);
        cpu.mmu.flushNonGlobal();
        assertEquals(2, call(SMALL));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, GLOBAL})
    void invlpgAnywhereInALargePageLetsAllOfItBeSeenAnew(long flags) {
        mapLarge(LARGE_FIRST, flags);
        callFirst(LARGE + INSIDE);
        mapLarge(LARGE_SECOND, flags);
        cpu.mmu.flushPage(LARGE + 0x10_0000);
        assertEquals(2, call(LARGE + INSIDE));
    }

    @Test
    void alsoAfterManyOtherPages() {
        mapLarge(LARGE_FIRST, GLOBAL);
        callFirst(LARGE + INSIDE);
        for (int k = 0; k < 5000; k++) {
            cpu.mmu.load8(Cpu.DS, (k & 1) * 0x40_0000L + (k >> 1 << 12 & 0x3f_f000));
        }
        cpu.mmu.flushNonGlobal();
        callFirst(LARGE + INSIDE);
        mapLarge(LARGE_SECOND, GLOBAL);
        cpu.mmu.flushPage(LARGE);
        assertEquals(2, call(LARGE + INSIDE));
    }

    @Test
    void instructionAcrossPagesFollowsItsSecondPage() {
        // mov al,imm with its operand in the next page, then ret
        write(FIRST + 0xfff, "b0 01 c3");
        mapSmall(FIRST, GLOBAL);
        machine.memory.write64(TABLE + 8, SECOND | RIGHTS);
        callFirst(SMALL + 0xfff);
        write(0x30_3000, "02 c3");
        machine.memory.write64(TABLE + 8, 0x30_3000 | RIGHTS);
        cpu.mmu.flushPage(SMALL + 0x1000);
        assertEquals(2, call(SMALL + 0xfff));
        machine.memory.write64(TABLE + 8, SECOND | RIGHTS);
        cpu.mmu.flushNonGlobal();
        assertEquals(1, call(SMALL + 0xfff));
    }

    /** SDM volume 2, CALL: #GP(0) if the target is beyond the code segment's limit. */
    @Test
    void codeThatRanBeforeIsNotExecutedBeyondANewLimit() {
        cpu.efer = 0;
        cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_ET;
        cpu.cr4 = 0;
        cpu.segment(Cpu.CS, 0x10, 0, -1, 0xc09b);
        cpu.segment(Cpu.SS, 0x18, 0, -1, 0xc093);
        cpu.modeChanged();
        cpu.mmu.flush();
        callFirst(FIRST);
        cpu.segment(Cpu.CS, 0x10, 0, (int) FIRST + 1, 0xc09b);
        cpu.idtLimit = 0; // so that the fault is a shutdown
        cpu.rip = FlatMachine.CODE;
        cpu.gpr[Cpu.RBX] = FIRST;
        cpu.halted = false;
        machine.interpreter.stateChanged();
        assertEquals(Exit.TRIPLE_FAULT, machine.interpreter.run());
    }
}
