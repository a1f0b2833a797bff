package vmd.parent;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vmd.proto.VmRef;

/**
 * The machines by name and by number. A number belongs to a name and a user for the life of the
 * daemon and is not given to anybody else.
 */
final class Registry {
    /** So many machines of clients are still listed when they have failed. */
    static final int REMAINS_MAX = 64;

    private record Identity(String name, int uid) {}

    private final Map<Identity, Integer> ids = new HashMap<>();
    private final Map<String, Vm> byName = new LinkedHashMap<>();
    private int lastId;

    /** Makes a machine known. Its name must be free. */
    Vm add(Definition definition, boolean configured) {
        Identity identity = new Identity(definition.name(), definition.ownerUid());
        int id = ids.computeIfAbsent(identity, unused -> freeId());
        Vm vm = new Vm(id, definition, configured);
        if (byName.putIfAbsent(definition.name(), vm) != null) {
            throw new IllegalStateException("vm \"" + definition.name() + "\" is known");
        }
        return vm;
    }

    private int freeId() {
        int id = ++lastId;
        while (byId(id).isPresent()) {
            id = ++lastId;
        }
        return id;
    }

    void remove(Vm vm) {
        byName.remove(vm.name(), vm);
    }

    /** Forgets a machine and what a client handed over for it. */
    void forget(Vm vm) {
        vm.closeGiven();
        remove(vm);
    }

    /** Forgets the oldest of the machines that are only here to be seen if they are too many. */
    void boundRemains() {
        List<Vm> remains = byName.values().stream().filter(Vm::remains).toList();
        if (remains.size() > REMAINS_MAX) {
            forget(Collections.min(remains, Comparator.comparingLong(vm -> vm.startOrder)));
        }
    }

    /** Puts a machine that is defined anew into the place of {@code old}, which is not active. */
    Vm replace(Vm old, Definition definition) {
        List<String> names = List.copyOf(byName.keySet());
        forget(old);
        Vm vm = add(definition, true);
        order(names);
        return vm;
    }

    /** Lists these machines first, in this order. */
    void order(List<String> names) {
        Map<String, Vm> before = new LinkedHashMap<>(byName);
        byName.clear();
        for (String name : names) {
            Vm vm = before.remove(name);
            if (vm != null) {
                byName.put(name, vm);
            }
        }
        byName.putAll(before);
    }

    /** Numbers are given from 1 again, but for those of machines that are still known. */
    void resetIds() {
        ids.clear();
        lastId = 0;
    }

    Optional<Vm> find(VmRef ref) {
        return ref.id() == 0 ? Optional.ofNullable(byName.get(ref.name())) : byId(ref.id());
    }

    Optional<Vm> byId(int id) {
        return byName.values().stream().filter(vm -> vm.id == id).findFirst();
    }

    /** All machines in the order in which they became known. */
    List<Vm> all() {
        return List.copyOf(byName.values());
    }

    /** All machines as {@code vmctl status} lists them: active ones newest first, then the rest. */
    List<Vm> listed() {
        List<Vm> listed = new ArrayList<>(byName.values());
        listed.sort(
                Comparator.comparing(Vm::active)
                        .thenComparing(vm -> vm.active() ? vm.startOrder : 0)
                        .reversed());
        return listed;
    }
}
