package vmm.dev.acpi;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntBinaryOperator;
import vmm.dev.legacy.I8253;
import vmm.dev.legacy.Mc146818;
import vmm.dev.legacy.Ns16550;

/** The description of the machine's devices: the AML of the DSDT. */
public final class Dsdt {
    /**
     * What the description depends on.
     *
     * @param slots PCI slots 0 .. slots-1 have interrupts
     * @param gsi interrupt of a slot and pin (0 for INTA)
     * @param mmioFirstGpa first address that the host bridge forwards to PCI memory
     * @param mmioLastGpa last address
     * @param i8042 whether a keyboard controller is announced
     */
    public record Machine(
            int slots, IntBinaryOperator gsi, long mmioFirstGpa, long mmioLastGpa, boolean i8042) {}

    private static final int PINS = 4;

    private Dsdt() {}

    static byte[] aml(Machine machine) {
        List<byte[]> devices = new ArrayList<>();
        devices.add(hostBridge(machine));
        devices.add(
                isa(
                        "PIC",
                        "PNP0000",
                        Aml.io(0x20, 2),
                        Aml.io(0xa0, 2),
                        Aml.io(0x4d0, 2),
                        Aml.irq(2)));
        devices.add(isa("TMR", "PNP0100", Aml.io(I8253.PORT, I8253.PORTS), Aml.irq(0)));
        devices.add(isa("RTC", "PNP0B00", Aml.io(Mc146818.PORT, Mc146818.PORTS), Aml.irq(8)));
        devices.add(
                isa(
                        "COM1",
                        "PNP0501",
                        Aml.io(Ns16550.COM1_PORT, Ns16550.PORTS),
                        Aml.irq(Ns16550.COM1_IRQ)));
        if (machine.i8042) {
            devices.add(isa("KBD", "PNP0303", Aml.io(0x60, 1), Aml.io(0x64, 1), Aml.irq(1)));
        }
        // Motherboard resources: ports that no driver claims but that are taken.
        devices.add(
                isa(
                        "MBRD",
                        "PNP0C02",
                        Aml.io(0x61, 1),
                        Aml.io(0x92, 1),
                        Aml.io(FixedHardware.PM1A_EVENT_PORT, FixedHardware.PORTS)));
        return Aml.concat(
                Aml.scope("\\_SB", devices.toArray(new byte[0][])),
                Aml.name(
                        "\\_S5",
                        Aml.package_(
                                Aml.integer(FixedHardware.SOFT_OFF),
                                Aml.integer(0),
                                Aml.integer(0),
                                Aml.integer(0))));
    }

    private static byte[] hostBridge(Machine machine) {
        return Aml.device(
                "PCI0",
                Aml.name("_HID", Aml.eisaId("PNP0A03")),
                Aml.name("_UID", Aml.integer(0)),
                Aml.name("_BBN", Aml.integer(0)),
                Aml.name(
                        "_CRS",
                        Aml.resources(
                                Aml.busNumbers(0, 0),
                                Aml.io(0xcf8, 8),
                                Aml.ioWindow(0x1000, 0xffff),
                                Aml.memoryWindow(machine.mmioFirstGpa, machine.mmioLastGpa))),
                Aml.name("_PRT", routing(machine)));
    }

    /** One entry for each slot and pin, with a fixed interrupt (6.2.13). */
    private static byte[] routing(Machine machine) {
        byte[][] entries = new byte[machine.slots * PINS][];
        for (int k = 0; k < entries.length; k++) {
            int slot = k / PINS;
            int pin = k % PINS;
            entries[k] =
                    Aml.package_(
                            Aml.integer((long) slot << 16 | 0xffff),
                            Aml.integer(pin),
                            Aml.integer(0),
                            Aml.integer(machine.gsi.applyAsInt(slot, pin)));
        }
        return Aml.package_(entries);
    }

    private static byte[] isa(String name, String id, byte[]... resources) {
        return Aml.device(
                name,
                Aml.name("_HID", Aml.eisaId(id)),
                Aml.name("_UID", Aml.integer(1)),
                Aml.name("_CRS", Aml.resources(resources)));
    }
}
