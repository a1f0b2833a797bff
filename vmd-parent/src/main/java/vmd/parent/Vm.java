package vmd.parent;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmd.proto.EngineChoice;
import vmd.proto.VmInfo;
import vmd.proto.VmState;

/** A machine that the daemon knows, running or not. */
final class Vm {
    final int id;
    final Definition definition;

    /** Whether vm.conf defines it: such a machine stays known when it ends. */
    boolean configured;

    /** What it is from its next stop on; null where nothing changes. */
    @Nullable Definition next;

    /** The user whose rights decide which disks it may have; null for those of the daemon. */
    @Nullable Integer filesOf;

    /** Kernel and initial ramdisk that a client handed over; kept for reboots. */
    @Nullable Fd kernel;

    @Nullable Fd initrd;

    VmState state = VmState.STOPPED;

    /** Of the machine's process; 0 until it has reported that the machine runs. */
    int pid;

    EngineChoice engine;
    @Nullable ConsoleTty console;

    /** The client that waits for the answer to its start. */
    @Nullable Integer starter;

    /** The clients that wait for the end. */
    final List<Integer> waiters = new ArrayList<>();

    /** The clients that wait for a pause or its end, in the order of their questions. */
    final ArrayDeque<Integer> pausers = new ArrayDeque<>();

    /** Counts upward with each start, to list the newest first. */
    long startOrder;

    long lastStartNs;

    /** How often it started, how often its guest asked for that, how often it failed. */
    int starts;

    int reboots;
    int failures;
    int quickReboots;

    Vm(int id, Definition definition, boolean configured) {
        this.id = id;
        this.definition = definition;
        this.configured = configured;
        this.engine = definition.engine();
    }

    String name() {
        return definition.name();
    }

    /** Whether there is a process of this machine, or one is being made. */
    boolean active() {
        return switch (state) {
            case STOPPED, CRASHED, WAITING -> false;
            case RUNNING, STOPPING, PAUSED -> true;
        };
    }

    /**
     * Whether it is here only to be seen: a client's machine that has failed. It gives its name to
     * whoever may use it and wants that for another one.
     */
    boolean remains() {
        return !configured && state == VmState.CRASHED;
    }

    /** What it is, or will be when it has stopped. */
    Definition upcoming() {
        Definition then = next;
        return then == null ? definition : then;
    }

    VmInfo info() {
        ConsoleTty tty = console;
        return new VmInfo(
                id,
                pid,
                definition.vcpus(),
                definition.memoryBytes(),
                pid == 0 ? 0 : HostMemory.residentBytes(pid),
                tty == null ? "" : tty.path(),
                definition.ownerUid(),
                definition.ownerGid(),
                state,
                engine,
                name());
    }

    /** Closes what a client handed over; the machine is forgotten. */
    void closeGiven() {
        for (Fd fd : java.util.Arrays.asList(kernel, initrd)) {
            if (fd != null) {
                fd.close();
            }
        }
        kernel = null;
        initrd = null;
    }
}
