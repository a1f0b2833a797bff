package vmm.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import vmm.cpu.Cpu;

class HostProcessTest {
    private static HostProcess host;

    @BeforeAll
    static void start() throws IOException {
        host = new HostProcess();
    }

    @AfterAll
    static void stop() throws IOException {
        host.close();
    }

    private static Slot slot(int index, int... code) {
        Slot slot = host.slot(index);
        slot.memory().fill((byte) 0);
        slot.memory().asSlice(Slot.CODE, Slot.CODE_BYTES).fill((byte) 0xcc);
        for (int k = 0; k < code.length; k++) {
            slot.memory().set(ValueLayout.JAVA_BYTE, Slot.START + k, (byte) code[k]);
        }
        slot.rip(slot.startLinear());
        slot.longMode(true);
        slot.flags(0x202);
        slot.memory().set(ValueLayout.JAVA_SHORT, Slot.IN_FX, (short) 0x37f);
        slot.memory().set(ValueLayout.JAVA_INT, Slot.IN_FX + 24, 0x1f80);
        return slot;
    }

    @Test
    void registersGoInAndComeOut() throws IOException {
        Slot add = slot(0, 0x48, 0x01, 0xd8); // add rax, rbx
        add.gpr(Cpu.RAX, 5);
        add.gpr(Cpu.RBX, -6);
        add.gpr(15, 99);
        Slot paddq = slot(1, 0x66, 0x0f, 0xd4, 0xc1); // paddq xmm0, xmm1
        paddq.memory().set(ValueLayout.JAVA_LONG, Slot.IN_FX + 160, 40);
        paddq.memory().set(ValueLayout.JAVA_LONG, Slot.IN_FX + 176, 2);
        host.run(2);
        assertEquals(-1, add.gprAfter(Cpu.RAX));
        assertEquals(99, add.gprAfter(15));
        assertEquals(3, add.after(Slot.FRAME_TRAP));
        assertEquals(add.startLinear() + 4, add.after(Slot.FRAME_RIP));
        assertEquals(0x80 | 4, add.after(Slot.FRAME_FLAGS) & 0x8d5);
        assertEquals(42, paddq.memory().get(ValueLayout.JAVA_LONG, Slot.OUT_FX + 160));
    }

    @Test
    void faultsAreResults() throws IOException {
        Slot page = slot(0, 0x8b, 0x03); // mov eax, [rbx]
        page.gpr(Cpu.RBX, 0x5000_0000L);
        Slot divide = slot(1, 0xf7, 0xf1); // div ecx
        Slot undefined = slot(2, 0x0f, 0x0b);
        host.run(3);
        assertEquals(Cpu.PF, page.after(Slot.FRAME_TRAP));
        assertEquals(4, page.after(Slot.FRAME_ERROR));
        assertEquals(0x5000_0000L, page.after(Slot.FRAME_CR2));
        assertEquals(page.startLinear(), page.after(Slot.FRAME_RIP));
        assertEquals(Cpu.DE, divide.after(Slot.FRAME_TRAP));
        assertEquals(Cpu.UD, undefined.after(Slot.FRAME_TRAP));
    }
}
