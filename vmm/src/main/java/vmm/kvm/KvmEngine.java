package vmm.kvm;

import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;
import vmm.engine.Engine;
import vmm.engine.Platform;
import vmm.engine.Vcpu;
import vmm.mem.GuestMemory;

/**
 * The vmm device of Linux. Whether it can be trusted with a guest is another question, which {@link
 * KvmSelfTest} answers.
 */
public final class KvmEngine implements Engine {
    private final Fd kvm;
    private final @Nullable ExitTimes times;
    private @Nullable KvmVm vm;

    /**
     * An engine over an open {@code /dev/kvm}, which stays the caller's. Fails with {@link
     * KvmException} if the kernel lacks what this engine is built on.
     */
    public KvmEngine(Fd kvm) {
        this(kvm, null);
    }

    /** As the other, and {@code times} is told of every exit. */
    public KvmEngine(Fd kvm, @Nullable ExitTimes times) {
        this.kvm = kvm;
        this.times = times;
        demand(kvm);
    }

    private static void demand(Fd kvm) {
        int version = Kvm.call("KVM_GET_API_VERSION", kvm, Abi.GET_API_VERSION, 0);
        if (version != Abi.API_VERSION) {
            throw new KvmException("KVM has interface version " + version + " instead of 12");
        }
        demand(kvm, Abi.CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY");
        demand(kvm, Abi.CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID");
        demand(kvm, Abi.CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT");
        demand(kvm, Abi.CAP_XSAVE, "KVM_CAP_XSAVE");
        demand(kvm, Abi.CAP_DEBUGREGS, "KVM_CAP_DEBUGREGS");
        demand(kvm, Abi.CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS");
        demand(kvm, Abi.CAP_X86_MSR_FILTER, "KVM_CAP_X86_MSR_FILTER");
    }

    private static void demand(Fd kvm, int capability, String name) {
        if (Kvm.capability(kvm, capability) == 0) {
            throw new KvmException("KVM has no " + name);
        }
    }

    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public Vcpu createVcpu(int index, GuestMemory memory, Platform platform) {
        if (index != 0 || vm != null) {
            throw new IllegalArgumentException("processor " + index + ", only 0 is supported");
        }
        KvmVm created = new KvmVm(kvm, memory);
        boolean done = false;
        try {
            Vcpu vcpu = new KvmVcpu(kvm, created, platform, times);
            vm = created;
            done = true;
            return vcpu;
        } finally {
            if (!done) {
                created.close();
            }
        }
    }

    /** Ends the machine in the kernel; its processor must be closed. */
    @Override
    public void close() {
        if (vm != null) {
            vm.close();
            vm = null;
        }
    }
}
