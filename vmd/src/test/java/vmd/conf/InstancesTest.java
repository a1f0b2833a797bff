package vmd.conf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmd.proto.DiskFormat;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;

/** What users may make of a template; what root may is in the pairs of files. */
class InstancesTest {
    private static final long OWNER = 1000;
    private static final long FRIEND = 1001;
    private static final long STRANGER = 1002;
    private static final DiskConfig DISK =
            new DiskConfig(Path.of("/d/t.img"), DiskFormat.RAW, Position.REQUEST);
    private static final DiskConfig OTHER_DISK =
            new DiskConfig(Path.of("/d/n.img"), DiskFormat.RAW, Position.REQUEST);

    private record User(long uid) implements Instances.Requester {
        @Override
        public boolean privileged() {
            return uid == 0;
        }

        @Override
        public boolean is(Owner owner) {
            return owner.uid() == uid;
        }
    }

    private static VmConfig template(@Nullable Grants grants) {
        VmOptions options = new VmOptions("t", Position.REQUEST);
        options.boot = Path.of("/bsd");
        options.cmdline = "of t";
        options.memoryBytes = 64L << 20;
        options.disks.add(DISK);
        options.interfaces.add(InterfaceConfig.PLAIN);
        options.owner = new Owner(OWNER, 5);
        options.allow = grants;
        return options.toConfig(EngineChoice.AUTO);
    }

    private static Grants grants(Grants.Flag... flags) {
        return new Grants(Set.of(flags), new Owner(FRIEND, Owner.NONE));
    }

    private static VmConfig make(@Nullable Grants grants, long uid, Consumer<VmOptions> choice)
            throws Instances.Refused {
        VmOptions own = new VmOptions("n", Position.REQUEST);
        own.owner = uid == 0 ? null : new Owner(uid, Owner.NONE);
        choice.accept(own);
        return Instances.make(template(grants), false, own, new User(uid));
    }

    private static Outcome refusal(@Nullable Grants grants, long uid, Consumer<VmOptions> choice) {
        return assertThrows(Instances.Refused.class, () -> make(grants, uid, choice)).outcome();
    }

    private static Outcome denied(String what) {
        return Outcome.of(Outcome.EPERM, "vm \"n\" no permission to set " + what);
    }

    @Test
    void ownerAndWhoIsNamedMayIfTheTemplateAllowsInstances() throws Instances.Refused {
        assertEquals(OWNER, make(grants(), OWNER, own -> {}).owner().uid());
        assertEquals(new Owner(FRIEND, 5), make(grants(), FRIEND, own -> {}).owner());
        Outcome no = Outcome.of(Outcome.EPERM, "vm \"t\" no permission to create vm instance");
        assertEquals(no, refusal(grants(), STRANGER, own -> {}));
        assertEquals(no, refusal(null, OWNER, own -> {}));
        assertEquals(OWNER, make(null, 0, own -> {}).owner().uid());
    }

    @Test
    void unknownTemplateAndTakenNameAreTold() {
        VmOptions own = new VmOptions("n", Position.REQUEST);
        assertEquals(
                Outcome.TEMPLATE_INVALID,
                assertThrows(
                                Instances.Refused.class,
                                () -> Instances.make(null, true, own, new User(0)))
                        .outcome()
                        .code());
        assertEquals(
                Outcome.EPROCLIM,
                assertThrows(
                                Instances.Refused.class,
                                () -> Instances.make(template(null), true, own, new User(0)))
                        .outcome()
                        .code());
    }

    @Test
    void eachOptionNeedsItsRight() throws Instances.Refused {
        Consumer<VmOptions> memory = own -> own.memoryBytes = 1L << 30;
        Consumer<VmOptions> disk = own -> own.disks.add(OTHER_DISK);
        Consumer<VmOptions> kernel = own -> own.boot = Path.of("k");
        Consumer<VmOptions> cmdline = own -> own.cmdline = "x";
        Consumer<VmOptions> cdrom = own -> own.cdrom = Path.of("/c.iso");
        Consumer<VmOptions> more = own -> own.interfaceCount = 2;
        Consumer<VmOptions> onSwitch =
                own ->
                        own.interfaces.add(
                                new InterfaceConfig(
                                        false, null, "lan", null, false, null, null, true));
        assertEquals(denied("memory"), refusal(grants(), FRIEND, memory));
        assertEquals(denied("disks"), refusal(grants(), FRIEND, disk));
        assertEquals(denied("boot image"), refusal(grants(), FRIEND, kernel));
        assertEquals(denied("boot image"), refusal(grants(), FRIEND, cmdline));
        assertEquals(denied("cdrom"), refusal(grants(), FRIEND, cdrom));
        assertEquals(denied("interfaces"), refusal(grants(), FRIEND, more));
        assertEquals(denied("interfaces"), refusal(grants(), FRIEND, onSwitch));
        assertEquals(
                denied("cpus"), refusal(grants(Grants.Flag.values()), FRIEND, o -> o.vcpus = 2));
        VmConfig all =
                make(
                        grants(Grants.Flag.values()),
                        FRIEND,
                        memory.andThen(disk).andThen(kernel).andThen(cdrom).andThen(onSwitch));
        assertEquals(1L << 30, all.memoryBytes());
        assertEquals(Path.of("k"), all.boot());
        assertNull(all.cmdline());
    }

    @Test
    void sameAsTheTemplateNeedsNoRight() throws Instances.Refused {
        VmConfig same =
                make(
                        grants(),
                        FRIEND,
                        own -> {
                            own.memoryBytes = 64L << 20;
                            own.vcpus = 1;
                            own.interfaceCount = 1;
                        });
        assertEquals(Path.of("/bsd"), same.boot());
        assertEquals("of t", same.cmdline());
        assertEquals(0, same.disks().size());
        assertEquals(1, same.interfaces().size());
    }

    @Test
    void diskOfTheTemplateIsNobodyElses() {
        assertEquals(
                Outcome.of(Outcome.EBUSY, "vm \"n\" disk /d/t.img cannot be reused"),
                refusal(grants(Grants.Flag.DISK), FRIEND, own -> own.disks.add(DISK)));
        assertEquals(Outcome.EBUSY, refusal(null, 0, own -> own.disks.add(DISK)).code());
    }

    @Test
    void nobodyGivesAnInstanceToSomebodyElse() {
        assertEquals(
                Outcome.of(Outcome.EPERM, "vm \"n\" user mismatch"),
                refusal(grants(), FRIEND, own -> own.owner = new Owner(STRANGER, Owner.NONE)));
        assertEquals(
                Outcome.of(Outcome.EPERM, "vm \"n\" group mismatch"),
                refusal(grants(), FRIEND, own -> own.owner = new Owner(FRIEND, 6)));
        assertEquals(
                Outcome.of(Outcome.EPERM, "vm \"n\" cannot change instance permissions"),
                refusal(grants(), FRIEND, own -> own.allow = grants()));
    }

    @Test
    void rightsAreInheritedWithTheRightToInherit() throws Instances.Refused {
        assertNull(make(grants(Grants.Flag.DISK), FRIEND, own -> {}).allow());
        Grants all = grants(Grants.Flag.DISK, Grants.Flag.INSTANCE);
        assertEquals(all, make(all, FRIEND, own -> {}).allow());
    }
}
