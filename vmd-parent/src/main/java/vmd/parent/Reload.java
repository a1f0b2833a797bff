package vmd.parent;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import vmd.conf.Configuration;
import vmd.conf.Printer;
import vmd.conf.SwitchConfig;
import vmd.conf.VmConfig;
import vmd.proto.VmRef;
import vmd.proto.VmState;

/**
 * The way from what is in force to a new configuration: what differs, in words and as steps. What
 * is the same stays as it is; machines that run go on as they are, and what is new for them holds
 * when they have stopped.
 */
final class Reload {
    private final Registry registry;
    private final InForce inForce;
    private final int daemonUid;
    private final List<String> lines = new ArrayList<>();
    private final List<Runnable> steps = new ArrayList<>();
    private final List<Vm> starting = new ArrayList<>();

    private Reload(Registry registry, InForce inForce, int daemonUid) {
        this.registry = registry;
        this.inForce = inForce;
        this.daemonUid = daemonUid;
    }

    /** Plans to have {@code next} in force and nothing else. */
    static Reload replace(Registry registry, InForce inForce, Configuration next, int daemonUid) {
        Reload plan = new Reload(registry, inForce, daemonUid);
        plan.settings(next);
        Set<String> switches = new HashSet<>();
        for (SwitchConfig one : next.switches()) {
            switches.add(one.name());
            plan.put(one);
        }
        for (SwitchConfig one : inForce.switches.values()) {
            if (!switches.contains(one.name())) {
                plan.say("switch", one.name(), "removed");
                plan.steps.add(() -> inForce.switches.remove(one.name()));
            }
        }
        Set<String> machines = new HashSet<>();
        for (VmConfig vm : next.vms()) {
            machines.add(vm.name());
            plan.put(vm);
        }
        for (Vm vm : registry.all()) {
            if (vm.configured && !machines.contains(vm.name())) {
                plan.remove(vm);
            }
        }
        plan.steps.add(() -> registry.order(next.vms().stream().map(VmConfig::name).toList()));
        return plan;
    }

    /** Plans to add the machines and switches of {@code more} whose names are free. */
    static Reload add(Registry registry, InForce inForce, Configuration more, int daemonUid) {
        Reload plan = new Reload(registry, inForce, daemonUid);
        for (SwitchConfig one : more.switches()) {
            if (inForce.switches.containsKey(one.name())) {
                plan.say("switch", one.name(), "skipped (already exists)");
            } else {
                plan.put(one);
            }
        }
        for (VmConfig vm : more.vms()) {
            if (registry.find(VmRef.byName(vm.name())).filter(Reload::stays).isPresent()) {
                plan.say("vm", vm.name(), "skipped (already exists)");
            } else {
                plan.put(vm);
            }
        }
        return plan;
    }

    /** What differs, for the user. */
    List<String> lines() {
        return lines;
    }

    /** Puts it in force; the machines that are to be started now. */
    List<Vm> apply() {
        steps.forEach(Runnable::run);
        return starting;
    }

    private void say(String kind, String name, String what) {
        lines.add(kind + " \"" + name + "\": " + what);
    }

    private void differences(String before, String after) {
        List<String> old = before.lines().toList();
        List<String> now = after.lines().toList();
        old.stream().filter(line -> !now.contains(line)).forEach(line -> mark('-', line));
        now.stream().filter(line -> !old.contains(line)).forEach(line -> mark('+', line));
    }

    private void mark(char sign, String line) {
        lines.add("\t" + sign + ' ' + line.strip());
    }

    private void settings(Configuration next) {
        String before = Printer.printSettings(inForce.settings);
        String after = Printer.printSettings(next);
        if (!before.equals(after)) {
            lines.add("settings: changed");
            differences(before, after);
        }
        steps.add(() -> inForce.settings = next);
    }

    private void put(SwitchConfig one) {
        SwitchConfig before = inForce.switches.get(one.name());
        if (before == null) {
            say("switch", one.name(), "added");
        } else if (!Printer.print(before).equals(Printer.print(one))) {
            say("switch", one.name(), "changed");
            differences(Printer.print(before), Printer.print(one));
        }
        steps.add(() -> inForce.switches.put(one.name(), one));
    }

    private void put(VmConfig config) {
        Definition definition = Definition.of(config, daemonUid);
        Optional<Vm> found = registry.find(VmRef.byName(config.name()));
        if (found.filter(Reload::stays).isEmpty()) {
            say("vm", config.name(), "added" + (config.enabled() ? ", starts" : ""));
            steps.add(() -> {
                found.ifPresent(registry::forget);
                startIfEnabled(registry.add(definition, true));
            });
            return;
        }
        Vm vm = found.get();
        String before = Printer.print(vm.upcoming().config());
        String after = Printer.print(config);
        if (before.equals(after)) {
            steps.add(() -> vm.configured = true);
            return;
        }
        if (vm.active()) {
            say("vm", config.name(), "changed, when it has stopped");
            steps.add(() -> {
                vm.configured = true;
                vm.next = definition;
            });
        } else {
            say("vm", config.name(), "changed" + (config.enabled() ? ", starts" : ""));
            steps.add(() -> startIfEnabled(registry.replace(vm, definition)));
        }
        differences(before, after);
    }

    private static boolean stays(Vm vm) {
        return !vm.remains();
    }

    private void startIfEnabled(Vm vm) {
        if (vm.definition.config().enabled()) {
            starting.add(vm);
        }
    }

    private void remove(Vm vm) {
        say("vm", vm.name(), "removed" + (vm.active() ? ", when it has stopped" : ""));
        steps.add(() -> {
            vm.configured = false;
            vm.next = null;
            if (!vm.active()) {
                vm.state = VmState.STOPPED;
                registry.remove(vm);
            }
        });
    }
}
