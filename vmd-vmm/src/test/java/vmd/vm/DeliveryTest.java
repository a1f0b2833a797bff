package vmd.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vmd.imsg.ImsgException;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.proto.DiskFormat;
import vmd.proto.EngineChoice;
import vmd.proto.MachineSpec;
import vmd.proto.VmmToVm;

class DeliveryTest {
    private static final MachineSpec SPEC =
            new MachineSpec(
                    1,
                    "x",
                    32 << 20,
                    1,
                    EngineChoice.SOFT,
                    "",
                    true,
                    List.of(
                            new MachineSpec.Disk(DiskFormat.RAW, false),
                            new MachineSpec.Disk(DiskFormat.RAW, true)));

    private final List<Fd> opened = new ArrayList<>();
    private int stops;
    private final List<Boolean> pauses = new ArrayList<>();
    private final Delivery delivery =
            new Delivery(
                    new Delivery.Wishes() {
                        @Override
                        public void stop() {
                            stops++;
                        }

                        @Override
                        public void pause(boolean pause) {
                            pauses.add(pause);
                        }
                    });

    private Fd file() {
        Fd fd = FileIo.open("/dev/null", FileIo.O_RDONLY);
        opened.add(fd);
        return fd;
    }

    @AfterEach
    void closeFiles() {
        opened.forEach(Fd::close);
    }

    private void deliver(VmmToVm message, @Nullable Fd descriptor) {
        delivery.message(message.encode(0), descriptor);
    }

    private void assertRefused(VmmToVm message) {
        assertThrows(ImsgException.class, () -> deliver(message, file()));
    }

    @Test
    void partsInOrderMakeAMachine() {
        deliver(new VmmToVm.Configure(SPEC, 0), file());
        deliver(new VmmToVm.Initrd(), file());
        deliver(new VmmToVm.Disk(0), file());
        deliver(new VmmToVm.Disk(1), file());
        deliver(new VmmToVm.Console(), file());
        Delivery.Parts parts = delivery.await();
        assertEquals(SPEC, parts.spec());
        assertEquals(opened.get(0), parts.kernel());
        assertEquals(opened.get(1), parts.initrd());
        assertEquals(opened.subList(2, 4), parts.disks());
        assertEquals(opened.get(4), parts.console());
        assertRefused(new VmmToVm.Console());
    }

    @Test
    void partsOutOfOrderAreRefused() {
        assertRefused(new VmmToVm.Initrd());
        assertRefused(new VmmToVm.Disk(0));
        assertRefused(new VmmToVm.Console());
        deliver(new VmmToVm.Configure(SPEC, 0), file());
        assertRefused(new VmmToVm.Configure(SPEC, 0));
        assertRefused(new VmmToVm.Disk(1));
        deliver(new VmmToVm.Disk(0), file());
        assertRefused(new VmmToVm.Disk(0));
        assertRefused(new VmmToVm.Console());
    }

    @Test
    void completeMachineIsPausedAndNoOther() {
        assertThrows(ImsgException.class, () -> deliver(new VmmToVm.Pause(true), null));
        partsInOrderMakeAMachine();
        deliver(new VmmToVm.Pause(true), null);
        deliver(new VmmToVm.Pause(false), null);
        assertEquals(List.of(true, false), pauses);
    }

    @Test
    void wishToStopIsHeardAtAnyTime() {
        deliver(new VmmToVm.Stop(), null);
        deliver(new VmmToVm.Configure(SPEC, 0), file());
        deliver(new VmmToVm.Stop(), null);
        assertTrue(stops == 2);
    }
}
