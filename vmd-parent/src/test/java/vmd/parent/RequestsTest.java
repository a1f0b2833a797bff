package vmd.parent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmd.conf.Configuration;
import vmd.conf.DiskConfig;
import vmd.conf.Grants;
import vmd.conf.Owner;
import vmd.conf.Position;
import vmd.conf.VmOptions;
import vmd.imsg.ImsgException;
import vmd.posix.Fd;
import vmd.posix.FileIo;
import vmd.posix.Processes;
import vmd.proto.ClientReply;
import vmd.proto.ClientRequest;
import vmd.proto.CpuModel;
import vmd.proto.DiskFormat;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;
import vmd.proto.Outcome;
import vmd.proto.ParentToVmm;
import vmd.proto.VmInfo;
import vmd.proto.VmRef;
import vmd.proto.VmState;
import vmd.proto.VmmToParent;

/** Requests and the lives of machines, with the supervisor's side played by the test. */
class RequestsTest {
    private static final int CLIENT = 5;
    private static final int ROOT = 0;
    private static final int OWNER = 1234;
    private static final int STRANGER = 4321;

    private static final Options OPTIONS =
            new Options(
                    false,
                    false,
                    0,
                    Map.of(),
                    List.of(),
                    Path.of("/nowhere/vm.conf"),
                    Path.of("/nowhere/vmd.sock"),
                    Path.of("/"));

    private record Sent(ParentToVmm message, @Nullable Fd descriptor) {}

    @TempDir Path folder;

    private final List<Sent> sent = new ArrayList<>();
    private final List<ClientReply> replies = new ArrayList<>();
    private final Registry registry = new Registry();
    private final Machines machines =
            new Machines(
                    registry,
                    KvmDevice.absent("no such device"),
                    (message, descriptor) -> sent.add(new Sent(message, descriptor)),
                    (client, reply) -> replies.add(reply),
                    ConsoleTty::close,
                    Processes.effectiveUid());
    private final Access access = new Access(Processes.effectiveUid());
    private final InForce inForce = new InForce(Configuration.empty());
    private final Batches batches =
            new Batches((delay, action) -> {}, inForce::staggered, this::started);
    private final Requests requests =
            new Requests(
                    registry,
                    machines,
                    (client, reply) -> replies.add(reply),
                    access,
                    inForce::engine,
                    new Administration(
                            registry,
                            machines,
                            inForce,
                            new ConfigurationSource(OPTIONS),
                            batches,
                            (client, reply) -> replies.add(reply),
                            access,
                            new NoEffects()));
    private Path kernel = Path.of("");
    private Path disk = Path.of("");

    @BeforeEach
    void makeFiles() throws IOException {
        kernel = Files.writeString(folder.resolve("kernel"), "kernel");
        disk = Files.write(folder.resolve("disk"), new byte[4096]);
    }

    @AfterEach
    void closeDescriptors() {
        closeSent();
        for (Vm vm : registry.all()) {
            ConsoleTty console = vm.console;
            if (console != null) {
                console.close();
            }
            vm.closeGiven();
        }
    }

    private Vm configured(String name, int owner, Path... disks) {
        VmOptions options = new VmOptions(name, Position.REQUEST);
        options.memoryBytes = 64L << 20;
        options.engine = EngineChoice.SOFT;
        options.boot = kernel;
        for (Path path : disks) {
            options.disks.add(new DiskConfig(path, DiskFormat.AUTO, Position.REQUEST));
        }
        Definition definition =
                new Definition(options.toConfig(EngineChoice.AUTO), owner, VmInfo.NO_GROUP);
        return registry.add(definition, true);
    }

    private void started(Vm vm) {
        try {
            machines.start(vm, null);
        } catch (Refusal e) {
            throw new AssertionError(e);
        }
    }

    private static final class NoEffects implements Administration.Effects {
        @Override
        public Executor loop() {
            return Runnable::run;
        }

        @Override
        public void socketOwner(Owner owner) {}

        @Override
        public Map<String, Integer> processes() {
            return Map.of();
        }

        @Override
        public String engine() {
            return "";
        }

        @Override
        public void verbosity(int level) {}
    }

    private Fd open(Path path) {
        return FileIo.open(path.toString(), FileIo.O_RDONLY);
    }

    private static ClientRequest.Start existing(String name) {
        return ClientRequest.Start.existing(VmRef.byName(name));
    }

    private static ClientRequest.Start adHoc(String name, @Nullable String initrd) {
        return new ClientRequest.Start(
                VmRef.byName(name), 64 << 20, 0, null, "kernel", initrd, null, List.of());
    }

    private <R extends ClientReply> R reply(Class<R> type) {
        return type.cast(replies.removeLast());
    }

    private Outcome startOutcome(int uid, ClientRequest.Start start) {
        requests.handle(CLIENT, uid, start, null);
        return reply(ClientReply.Started.class).outcome();
    }

    private void startedBySupervisor(int id) {
        machines.started(new VmmToParent.VmStarted(id, Outcome.OK, 4711, EngineChoice.SOFT));
    }

    private void endedBySupervisor(int id, int code) {
        machines.ended(new VmmToParent.VmEnded(id, Outcome.of(code)));
    }

    private List<Class<?>> sentTypes() {
        return sent.stream().<Class<?>>map(one -> one.message.getClass()).toList();
    }

    @Test
    void startSendsTheMachineItsFilesAndItsConsoleInOrder() throws IOException {
        Path second = Files.write(folder.resolve("second"), new byte[512]);
        configured("web", ROOT, disk, second);
        requests.handle(CLIENT, ROOT, existing("web"), null);
        assertEquals(
                List.of(
                        ParentToVmm.StartVm.class,
                        ParentToVmm.StartDisk.class,
                        ParentToVmm.StartDisk.class,
                        ParentToVmm.StartEnd.class),
                sentTypes());
        assertSame(kernel, sent.get(0));
        assertSame(disk, sent.get(1));
        assertSame(second, sent.get(2));
        startedBySupervisor(1);
        ClientReply.Started answer = reply(ClientReply.Started.class);
        assertEquals(Outcome.OK, answer.outcome());
        assertEquals(4711, answer.pid());
        assertTrue(answer.tty().startsWith("/dev/pts/"), answer.tty());
    }

    private void assertSame(Path path, Sent message) {
        Fd descriptor = message.descriptor;
        if (descriptor == null) {
            throw new AssertionError(message + " without descriptor");
        }
        try (Fd own = open(path)) {
            assertTrue(FileIo.stat(own).sameFile(FileIo.stat(descriptor)), path.toString());
        }
    }

    @Test
    void strangersMayNotUseWhatIsNotTheirs() {
        Vm vm = configured("web", OWNER);
        assertEquals(Outcome.EPERM, startOutcome(STRANGER, existing("web")).code());
        requests.handle(CLIENT, OWNER, existing("web"), null);
        startedBySupervisor(1);
        requests.handle(
                CLIENT, STRANGER, new ClientRequest.Stop(VmRef.byName("web"), true, false), null);
        assertEquals(Outcome.EPERM, reply(ClientReply.Stopping.class).outcome().code());
        requests.handle(CLIENT, STRANGER, new ClientRequest.Wait(VmRef.byName("web")), null);
        assertEquals(Outcome.EPERM, reply(ClientReply.Terminated.class).outcome().code());
        assertEquals(VmState.RUNNING, vm.state);
    }

    @Test
    void onlyThePrivilegedMakeNewMachines() {
        requests.handle(CLIENT, STRANGER, adHoc("new", null), open(kernel));
        assertEquals(Outcome.EPERM, reply(ClientReply.Started.class).outcome().code());
        assertEquals(List.of(), registry.all());
    }

    @Test
    void unknownMachineWithoutOptionsIsNotFound() {
        assertEquals(
                Outcome.of(Outcome.ENOENT, "vm \"no\" is not defined"),
                startOutcome(ROOT, existing("no")));
    }

    @Test
    void impossibleMachinesAreRefusedWithTheReason() {
        List<DiskSpec> disks = List.of(new DiskSpec(disk.toString(), DiskFormat.RAW));
        List<DiskSpec> relative = List.of(new DiskSpec("disk", DiskFormat.RAW));
        assertInvalid("vcpus 2 is not supported yet", "x", 0, 2, disks);
        assertInvalid("no kernel or disk/cdrom specified", "x", 1 << 20, 0, List.of());
        assertInvalid("invalid VM name", "-x", 0, 0, disks);
        assertInvalid("memory size must be at least 1MB", "x", 4096, 0, disks);
        assertInvalid("disk 'disk' is not an absolute path", "x", 0, 0, relative);
        assertEquals(List.of(), sent);
        assertEquals(List.of(), registry.all());
    }

    private void assertInvalid(
            String message, String name, long memory, int vcpus, List<DiskSpec> disks) {
        ClientRequest.Start start =
                new ClientRequest.Start(
                        VmRef.byName(name), memory, vcpus, null, null, null, null, disks);
        assertEquals(Outcome.of(Outcome.EINVAL, message), startOutcome(ROOT, start));
    }

    @Test
    void olderProcessorNeedsTheSoftwareEngine() {
        VmOptions options = new VmOptions("old", Position.REQUEST);
        options.engine = EngineChoice.KVM;
        options.cpu = CpuModel.V1;
        options.boot = kernel;
        Definition definition =
                new Definition(options.toConfig(EngineChoice.AUTO), ROOT, VmInfo.NO_GROUP);
        Vm vm = registry.add(definition, true);
        Refusal refusal = assertThrows(Refusal.class, () -> machines.start(vm, null));
        assertEquals(Outcome.of(Outcome.EINVAL, "cpu v1 needs engine soft"), refusal.outcome());
    }

    @Test
    void filesThatCannotServeAreNamed() throws IOException {
        configured("gone", ROOT, folder.resolve("gone"));
        assertEquals(
                "cannot open disk '" + folder.resolve("gone") + "': No such file or directory",
                startOutcome(ROOT, existing("gone")).message());
        Path qcow2 = Files.write(folder.resolve("q"), new byte[] {'Q', 'F', 'I', (byte) 0xfb});
        configured("q", ROOT, qcow2);
        assertEquals(
                "disk '" + qcow2 + "': qcow2 images are not supported yet",
                startOutcome(ROOT, existing("q")).message());
        configured("pipe", ROOT, Path.of("/dev/null"));
        assertEquals(
                "disk '/dev/null' is not a regular file",
                startOutcome(ROOT, existing("pipe")).message());
        configured("twice", ROOT, disk, disk);
        assertEquals(
                "disk '" + disk + "' is locked by another vm",
                startOutcome(ROOT, existing("twice")).message());
        assertEquals(List.of(), sent);
    }

    @Test
    void requestedMachineIsForgottenWhenItEndsAndKeepsItsNumber() {
        requests.handle(CLIENT, ROOT, adHoc("one", null), open(kernel));
        requests.handle(CLIENT, ROOT, adHoc("two", null), open(kernel));
        startedBySupervisor(1);
        startedBySupervisor(2);
        endedBySupervisor(1, 0);
        assertEquals(List.of("two"), registry.all().stream().map(Vm::name).toList());
        requests.handle(CLIENT, ROOT, adHoc("three", null), open(kernel));
        requests.handle(CLIENT, ROOT, adHoc("one", null), open(kernel));
        assertEquals(List.of(2, 3, 1), registry.all().stream().map(vm -> vm.id).toList());
    }

    @Test
    void rebootStartsTheMachineAgainWithTheSameConsoleAndKernel() {
        requests.handle(CLIENT, ROOT, adHoc("one", null), open(kernel));
        startedBySupervisor(1);
        String tty = reply(ClientReply.Started.class).tty();
        closeSent();
        endedBySupervisor(1, Outcome.EAGAIN);
        assertEquals(List.of(ParentToVmm.StartVm.class, ParentToVmm.StartEnd.class), sentTypes());
        assertSame(kernel, sent.getFirst());
        assertEquals(tty, registry.byId(1).orElseThrow().info().tty());
        startedBySupervisor(1);
        assertEquals(List.of(), replies);
    }

    private void closeSent() {
        for (Sent one : sent) {
            if (one.descriptor != null) {
                one.descriptor.close();
            }
        }
        sent.clear();
    }

    @Test
    void guestThatRebootsWithoutEndIsEnded() {
        requests.handle(CLIENT, ROOT, adHoc("one", null), open(kernel));
        for (int k = 0; k < 2; k++) {
            startedBySupervisor(1);
            endedBySupervisor(1, Outcome.EAGAIN);
        }
        startedBySupervisor(1);
        closeSent();
        endedBySupervisor(1, Outcome.EAGAIN);
        assertEquals(List.of(), sent);
        assertEquals(List.of(), registry.all());
    }

    @Test
    void rebootOfAMachineThatIsStoppingIsItsEnd() {
        Vm vm = configured("web", ROOT);
        requests.handle(CLIENT, ROOT, existing("web"), null);
        startedBySupervisor(1);
        requests.handle(CLIENT, ROOT, new ClientRequest.Stop(VmRef.byId(1), false, true), null);
        assertEquals(Outcome.OK, reply(ClientReply.Stopping.class).outcome());
        assertEquals(VmState.STOPPING, vm.state);
        requests.handle(CLIENT, ROOT, new ClientRequest.Stop(VmRef.byId(1), false, false), null);
        assertEquals(Outcome.EALREADY, reply(ClientReply.Stopping.class).outcome().code());
        endedBySupervisor(1, Outcome.EAGAIN);
        assertEquals(Outcome.OK, reply(ClientReply.Terminated.class).outcome());
        assertEquals(VmState.STOPPED, vm.state);
    }

    private Outcome pauseOutcome(ClientRequest request) {
        requests.handle(CLIENT, 0, request, null);
        return reply(ClientReply.Paused.class).outcome();
    }

    @Test
    void pauseIsAcknowledgedToWhoAsked() {
        Vm vm = configured("web", 0);
        ClientRequest pause = new ClientRequest.Pause(VmRef.byName("web"));
        ClientRequest unpause = new ClientRequest.Unpause(VmRef.byName("web"));
        assertEquals(Outcome.EINVAL, pauseOutcome(pause).code());
        requests.handle(CLIENT, 0, existing("web"), null);
        assertEquals(Outcome.EBUSY, pauseOutcome(pause).code());
        startedBySupervisor(vm.id);
        replies.clear();
        requests.handle(CLIENT, 0, pause, null);
        requests.handle(CLIENT, 0, unpause, null);
        assertEquals(new ParentToVmm.PauseVm(vm.id, false), sent.getLast().message);
        assertTrue(replies.isEmpty());
        machines.paused(new VmmToParent.VmPaused(vm.id, true));
        assertEquals(Outcome.OK, reply(ClientReply.Paused.class).outcome());
        assertEquals(VmState.PAUSED, vm.state);
        machines.paused(new VmmToParent.VmPaused(vm.id, false));
        assertEquals(Outcome.OK, reply(ClientReply.Paused.class).outcome());
        assertEquals(VmState.RUNNING, vm.state);
        assertThrows(
                ImsgException.class, () -> machines.paused(new VmmToParent.VmPaused(vm.id, false)));
        requests.handle(CLIENT, 0, pause, null);
        endedBySupervisor(vm.id, 0);
        assertEquals("the vm has ended", reply(ClientReply.Paused.class).outcome().text());
        assertEquals(VmState.STOPPED, vm.state);
    }

    @Test
    void machineThatIsStoppingIsNotPaused() {
        Vm vm = configured("web", 0);
        requests.handle(CLIENT, 0, existing("web"), null);
        startedBySupervisor(vm.id);
        ClientRequest pause = new ClientRequest.Pause(VmRef.byName("web"));
        requests.handle(CLIENT, 0, pause, null);
        requests.handle(CLIENT, 0, new ClientRequest.Stop(VmRef.byId(vm.id), false, false), null);
        machines.paused(new VmmToParent.VmPaused(vm.id, true));
        assertEquals(VmState.STOPPING, vm.state);
        replies.clear();
        assertEquals(Outcome.EBUSY, pauseOutcome(pause).code());
    }

    @Test
    void failureBelowIsTheAnswerToTheStart() {
        Vm vm = configured("web", ROOT);
        requests.handle(CLIENT, ROOT, existing("web"), null);
        Outcome why = Outcome.of(Outcome.EINVAL, "kernel: not a kernel");
        machines.started(new VmmToParent.VmStarted(1, why, 0, EngineChoice.AUTO));
        assertEquals(why, reply(ClientReply.Started.class).outcome());
        assertEquals(VmState.STOPPED, vm.state);
    }

    @Test
    void clientThatLeavesInTheMiddleLeavesNothing() {
        Fd given = open(kernel);
        requests.handle(CLIENT, ROOT, adHoc("one", "initrd"), given);
        assertTrue(given.isOpen());
        requests.clientGone(CLIENT);
        assertFalse(given.isOpen());
        assertEquals(List.of(), registry.all());
    }

    @Test
    void initialRamdiskOutOfTurnBreaksTheChannel() {
        assertThrows(
                ImsgException.class,
                () -> requests.handle(CLIENT, ROOT, new ClientRequest.StartInitrd(), null));
    }

    @Test
    void supervisorThatLiesBreaksTheChannel() {
        configured("web", ROOT);
        assertThrows(ImsgException.class, () -> startedBySupervisor(1));
        assertThrows(ImsgException.class, () -> endedBySupervisor(7, 0));
        requests.handle(CLIENT, ROOT, existing("web"), null);
        assertThrows(ImsgException.class, () -> endedBySupervisor(1, 0));
        startedBySupervisor(1);
        assertThrows(ImsgException.class, () -> startedBySupervisor(1));
    }

    @Test
    void listShowsRunningMachinesNewestFirst() {
        configured("a", ROOT);
        configured("b", ROOT);
        configured("c", ROOT);
        requests.handle(CLIENT, ROOT, existing("a"), null);
        requests.handle(CLIENT, ROOT, existing("c"), null);
        requests.handle(CLIENT, ROOT, new ClientRequest.Info(), null);
        assertEquals(new ClientReply.InfoEnd(), replies.removeLast());
        List<String> names =
                replies.stream().map(reply -> ((ClientReply.Info) reply).vm().name()).toList();
        assertEquals(List.of("c", "a", "b"), names);
    }

    private static ClientRequest.Start instance(String template, String name, DiskSpec... disks) {
        return new ClientRequest.Start(
                VmRef.byName(name),
                0,
                0,
                null,
                null,
                null,
                null,
                List.of(disks),
                template,
                null,
                null,
                List.of());
    }

    private void template(Set<Grants.Flag> flags) {
        VmOptions options = new VmOptions("t", Position.REQUEST);
        options.memoryBytes = 64L << 20;
        options.boot = kernel;
        options.owner = new Owner(OWNER, Owner.NONE);
        options.allow = new Grants(flags, null);
        registry.add(Definition.of(options.toConfig(EngineChoice.SOFT), ROOT), true);
    }

    @Test
    void userMakesAnInstanceOfATemplate() {
        template(Set.of());
        assertEquals(Outcome.EPERM, startOutcome(STRANGER, instance("t", "n")).code());
        requests.handle(CLIENT, OWNER, instance("t", "n"), null);
        Vm vm = registry.find(VmRef.byName("n")).orElseThrow();
        assertEquals(OWNER, vm.definition.ownerUid());
        assertEquals(64 << 20, vm.definition.memoryBytes());
        assertFalse(vm.configured);
        startedBySupervisor(vm.id);
        replies.clear();
        assertEquals(Outcome.EPROCLIM, startOutcome(OWNER, instance("t", "n")).code());
        assertEquals(Outcome.TEMPLATE_INVALID, startOutcome(OWNER, instance("no", "m")).code());
        endedBySupervisor(vm.id, 0);
        assertTrue(registry.find(VmRef.byName("n")).isEmpty());
    }

    @Test
    void userGetsOnlyDisksThatTheUserMayUse() throws IOException {
        assumeTrue(Processes.effectiveUid() == 0);
        template(Set.of(Grants.Flag.DISK));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        DiskSpec spec = new DiskSpec(disk.toString(), DiskFormat.RAW);
        Outcome denied = startOutcome(OWNER, instance("t", "n", spec));
        assertEquals("cannot open disk '" + disk + "': Permission denied", denied.text());
        assertTrue(registry.find(VmRef.byName("n")).isEmpty());
        Files.setAttribute(disk, "unix:uid", OWNER);
        requests.handle(CLIENT, OWNER, instance("t", "n", spec), null);
        assertTrue(registry.find(VmRef.byName("n")).orElseThrow().active());
        assertSame(disk, sent.get(1));
    }

    @Test
    void instanceOfAMachineWithAGivenKernelHasThatKernelAndNotItsName() throws IOException {
        VmOptions options = new VmOptions("t", Position.REQUEST);
        options.memoryBytes = 64L << 20;
        options.boot = Path.of("/etc/shadow");
        options.owner = new Owner(OWNER, Owner.NONE);
        options.allow = new Grants(Set.of(Grants.Flag.INSTANCE), null);
        Vm template = registry.add(Definition.of(options.toConfig(EngineChoice.SOFT), ROOT), false);
        template.kernel = open(kernel);
        requests.handle(CLIENT, OWNER, instance("t", "n"), null);
        assertSame(kernel, sent.getFirst());
    }

    /** Starts a client's machine, which then fails. */
    private Vm crashed(String name) {
        requests.handle(CLIENT, ROOT, adHoc(name, null), open(kernel));
        Vm vm = registry.find(VmRef.byName(name)).orElseThrow();
        startedBySupervisor(vm.id);
        reply(ClientReply.Started.class);
        endedBySupervisor(vm.id, Outcome.EIO);
        return vm;
    }

    @Test
    void failedMachineOfAClientIsShownAndCanBeStartedAgain() {
        Vm vm = crashed("one");
        assertEquals(VmState.CRASHED, registry.listed().getFirst().state);
        // With its kernel, and the memory that it had.
        assertEquals(Outcome.OK, startedAgain(existing("one"), null, vm));
        assertEquals(VmState.RUNNING, vm.state);
        endedBySupervisor(vm.id, 0);
        assertEquals(List.of(), registry.all());
        assertNull(vm.kernel);
    }

    private Outcome startedAgain(ClientRequest.Start start, @Nullable Fd given, Vm vm) {
        requests.handle(CLIENT, ROOT, start, given);
        startedBySupervisor(vm.id);
        return reply(ClientReply.Started.class).outcome();
    }

    @Test
    void failedMachineOfAClientGivesItsNameToAnother() {
        Vm vm = crashed("one");
        assertEquals(Outcome.OK, startedAgain(adHoc("one", null), open(kernel), vm));
        assertNull(vm.kernel);
        assertEquals(1, registry.all().size());
        assertNotSame(vm, registry.all().getFirst());
        assertEquals(VmState.CRASHED, crashed("two").state);
        assertEquals(Outcome.EPROCLIM, startOutcome(ROOT, instance("two", "two")).code());
    }

    @Test
    void failedMachineOfAClientIsForgottenWhenItIsStopped() {
        crashed("one");
        VmRef one = VmRef.byName("one");
        requests.handle(CLIENT, ROOT, new ClientRequest.Stop(one, false, true), null);
        assertEquals(Outcome.OK, reply(ClientReply.Terminated.class).outcome());
        assertEquals(Outcome.OK, reply(ClientReply.Stopping.class).outcome());
        crashed("two");
        machines.forgetAll();
        assertEquals(List.of(), registry.all());
    }
}
