package vmm.machine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import vmm.dev.IrqLine;
import vmm.dev.MachineClock;
import vmm.dev.MmioBus;
import vmm.dev.PortBus;
import vmm.dev.Rom;
import vmm.dev.acpi.AcpiTables;
import vmm.dev.acpi.Dsdt;
import vmm.dev.acpi.FixedHardware;
import vmm.dev.fwcfg.FirmwareFiles;
import vmm.dev.fwcfg.FwCfg;
import vmm.dev.legacy.DebugConsole;
import vmm.dev.legacy.DebugExit;
import vmm.dev.legacy.DebugPort;
import vmm.dev.legacy.I8042;
import vmm.dev.legacy.I8253;
import vmm.dev.legacy.I8259Pair;
import vmm.dev.legacy.Mc146818;
import vmm.dev.legacy.Ns16550;
import vmm.dev.legacy.ResetControl;
import vmm.dev.legacy.SystemControlPortA;
import vmm.dev.legacy.SystemControlPortB;
import vmm.dev.pci.PciBus;
import vmm.dev.pci.PciRouting;
import vmm.dev.virtio.VirtioBlk;
import vmm.dev.virtio.VirtioDevice;
import vmm.dev.virtio.VirtioPci;
import vmm.dev.virtio.VirtioRng;
import vmm.disk.Disk;
import vmm.engine.Platform;
import vmm.mem.GuestMemory;

/**
 * All chips of the machine and the wires between them: the one list that says what a machine is.
 * Every access takes the device lock.
 */
final class Board implements Platform, AutoCloseable {
    private static final int CONTROL_WORD = 3, COUNTER_0_MODE_2 = 0x34;
    private static final int MASTER_MASK = 0x21, SLAVE_MASK = 0xa1;
    private static final long PCI_MEMORY_LAST = 0xfebf_ffffL;
    private static final int PCI_SLOTS = 32;
    private static final int RTC_IRQ = 8;

    /** Lines of firmware's debug port that are always logged: a start of SeaBIOS has fewer. */
    private static final int DEBUG_BURST = 100;

    /** What the board does to the rest of the machine. */
    interface Outlets {

        /** The processor's interrupt pin. */
        IrqLine interruptPin();

        /** The guest resets the machine. */
        void reset();

        /** The guest switches the machine off. */
        void powerOff();

        /** A guest under test says how the test went, and that it is over. */
        void debugExit(int number);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final PortBus ports = new PortBus();
    private final MmioBus mmio = new MmioBus();
    private final MachineClock clock;
    private final I8259Pair pic;
    private final FixedHardware acpi;
    private final SerialConsole console;
    private final List<VirtioPci> virtio = new ArrayList<>();
    private final long acpiGpa;

    /**
     * @param firmware whether the guest starts with firmware, which wants to find what a PC's
     *     firmware finds; else it is told everything by the loader
     */
    Board(MachineConfig config, Outlets outlets, boolean firmware) {
        GuestMemory memory = config.memory();
        clock = new MachineClock(lock, 0);
        pic = new I8259Pair(outlets.interruptPin());
        pic.attach(ports);
        I8253 timer = new I8253(clock, pic.line(0));
        timer.attach(ports);
        asFirmwareLeavesThem(timer);
        new SystemControlPortB(timer).attach(ports);
        new Mc146818(clock, pic.line(RTC_IRQ), memory.lowSize(), memory.highSize()).attach(ports);
        IrqLine a20 = gate -> {}; // address line 20 is always there, as on today's machines
        new I8042(pic.line(1), a20, outlets::reset).attach(ports);
        new SystemControlPortA(a20, outlets::reset).attach(ports);
        acpi = new FixedHardware(clock, pic.line(FixedHardware.SCI_IRQ), outlets::powerOff);
        acpi.attach(ports);

        console = new SerialConsole(config.console(), lock);
        Ns16550 com1 = new Ns16550(clock, pic.line(Ns16550.COM1_IRQ), console);
        com1.attach(ports, Ns16550.COM1_PORT);
        console.connect(com1);
        new DebugConsole(console::transmit).attach(ports);
        new DebugExit(outlets::debugExit).attach(ports);

        IrqLine[] wires = new IrqLine[PciRouting.WIRES];
        int levelTriggered = 1 << FixedHardware.SCI_IRQ;
        for (int k = 0; k < wires.length; k++) {
            wires[k] = pic.line(PciRouting.irq(k));
            levelTriggered |= 1 << PciRouting.irq(k);
        }
        pic.levelTriggered(levelTriggered);
        ResetControl resetControl = new ResetControl(outlets::reset);
        PciBus pci =
                firmware
                        ? PciBus.forFirmware(ports, mmio, wires, resetControl)
                        : new PciBus(ports, mmio, wires, resetControl);
        GuestLog log = new GuestLog(config.log(), clock);
        plug(pci, memory, new VirtioRng(memory), log);
        int index = 0;
        for (Disk disk : config.disks()) {
            String name = "vd" + (char) ('a' + index++);
            plug(pci, memory, new VirtioBlk(memory, disk, lock, name), log);
        }
        acpiGpa = firmware ? memory.lowSize() - AcpiTables.ROOM : AcpiTables.DEFAULT_GPA;
        describe(memory);
        if (firmware) {
            new DebugPort(
                            new GuestLog(
                                    line -> config.log().accept("firmware: " + line),
                                    clock,
                                    DEBUG_BURST))
                    .attach(ports);
            firmwareFiles(memory, config.vcpus()).attach(ports);
        }
    }

    private FwCfg firmwareFiles(GuestMemory memory, int processors) {
        byte[] rsdp = new byte[AcpiTables.RSDP_LENGTH];
        memory.copyOut(acpiGpa, rsdp, 0, rsdp.length);
        FirmwareFiles files =
                new FirmwareFiles()
                        .memoryRange(0, acpiGpa, FirmwareFiles.RAM)
                        .memoryRange(acpiGpa, AcpiTables.ROOM, FirmwareFiles.RESERVED)
                        .serialConsole(Ns16550.COM1_PORT)
                        .acpi(rsdp);
        if (memory.highSize() > 0) {
            files.memoryRange(GuestMemory.HIGH_BASE, memory.highSize(), FirmwareFiles.RAM);
        }
        return new FwCfg(memory.ram().byteSize(), processors, files.files());
    }

    /** Shows the ROM that the loader has installed. */
    void showRom(MemorySegment rom) {
        mmio.attach(GuestMemory.HIGH_BASE - rom.byteSize(), rom.byteSize(), new Rom(rom));
    }

    private void plug(PciBus pci, GuestMemory memory, VirtioDevice device, Consumer<String> log) {
        virtio.add(new VirtioPci(pci, memory, device, log));
    }

    private void describe(GuestMemory memory) {
        Dsdt.Machine machine =
                new Dsdt.Machine(
                        PCI_SLOTS,
                        (slot, pin) -> PciRouting.irq(PciRouting.wire(slot, pin)),
                        PciBus.MEMORY_BASE,
                        PCI_MEMORY_LAST,
                        false); // a driver would wait ten seconds for a keyboard
        byte[] tables = AcpiTables.image(acpiGpa, machine, List.of());
        memory.copyIn(acpiGpa, tables, 0, tables.length);
    }

    ReentrantLock lock() {
        return lock;
    }

    SerialConsole console() {
        return console;
    }

    /** Where the ACPI tables start. */
    long rsdpGpa() {
        return acpiGpa;
    }

    /** Presses the power button; false if the guest does not listen to it. */
    boolean powerButton() {
        lock.lock();
        try {
            acpi.powerButton();
            return acpi.powerButtonEnabled();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the guest has seen that the power button was pressed. */
    boolean powerButtonTaken() {
        lock.lock();
        try {
            return !acpi.powerButtonPending();
        } finally {
            lock.unlock();
        }
    }

    /** Lets the devices work, or holds them; nothing is in flight when a hold returns. */
    void run(boolean running) {
        lock.lock();
        try {
            if (running) {
                clock.resume();
            } else {
                clock.pause();
            }
            for (VirtioPci device : virtio) {
                device.pause(!running);
            }
        } finally {
            lock.unlock();
        }
    }

    // Platform

    @Override
    public int portRead(int port, int size) {
        lock.lock();
        try {
            return ports.read(port, size);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void portWrite(int port, int size, int value) {
        lock.lock();
        try {
            ports.write(port, size, value);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long mmioRead(long gpa, int size) {
        lock.lock();
        try {
            return mmio.read(gpa, size);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void mmioWrite(long gpa, int size, long value) {
        lock.lock();
        try {
            mmio.write(gpa, size, value);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int acknowledgeInterrupt() {
        lock.lock();
        try {
            return pic.acknowledge();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nowNs() {
        return clock.nowNs();
    }

    @Override
    public long wallClockNs() {
        return clock.wallClockNs();
    }

    @Override
    public void close() {
        clock.close();
        lock.lock();
        try {
            for (VirtioPci device : virtio) {
                device.close();
            }
        } finally {
            lock.unlock();
        }
        console.close();
    }

    /**
     * The data sheet leaves a counter undefined until it is programmed, but kernels that start
     * without firmware, OpenBSD's among them, measure time with counter 0 before they program it:
     * firmware leaves it counting down from 65536 again and again. Nobody has told the interrupt
     * controllers yet where interrupts go, so they let none through until a guest programs them.
     */
    private void asFirmwareLeavesThem(I8253 timer) {
        timer.portWrite(CONTROL_WORD, 1, COUNTER_0_MODE_2);
        timer.portWrite(0, 1, 0);
        timer.portWrite(0, 1, 0);
        ports.write(MASTER_MASK, 1, 0xff);
        ports.write(SLAVE_MASK, 1, 0xff);
    }
}
