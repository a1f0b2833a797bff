package vmd.conf;

import java.nio.file.Path;
import java.util.Locale;
import vmd.proto.DiskFormat;

/** Reads {@code vm} statements. An option that is wrong costs its own line only. */
final class VmParser {
    private final Tokens tokens;
    private final Diagnostics diagnostics;
    private final ConfigFiles files;
    private final Owners owners;
    private final LaterStatements later;

    VmParser(Tokens tokens, Diagnostics diagnostics, ConfigFiles files, Owners owners) {
        this.tokens = tokens;
        this.diagnostics = diagnostics;
        this.files = files;
        this.owners = owners;
        this.later = new LaterStatements(tokens);
    }

    /** What follows the keyword. */
    VmStatement parse(Position position) {
        Token name = tokens.string();
        if (tokens.peek().isKeyword("instance")) {
            Position instance = tokens.take().position();
            tokens.string();
            throw later.refused(instance, "instance");
        }
        if (!tokens.peek().isSymbol('{')) {
            throw tokens.syntaxError();
        }
        checkName(name);
        tokens.take();
        VmStatement vm = new VmStatement(name.text(), position);
        int errors = diagnostics.errors().size();
        int depth = tokens.depth();
        tokens.skipNewlines();
        do {
            try {
                option(vm);
                if (tokens.peek().kind() != Token.Kind.NEWLINE && !tokens.peek().isSymbol('}')) {
                    throw tokens.syntaxError();
                }
            } catch (Tokens.Abandoned _) {
                tokens.skipStatement(depth);
            }
            tokens.skipNewlines();
        } while (!tokens.peek().isSymbol('}') && tokens.peek().kind() != Token.Kind.END);
        boolean right = diagnostics.errors().size() == errors;
        if (tokens.peek().kind() == Token.Kind.END && !right) {
            // What went wrong before is the likely reason for the block not to end.
            throw new Tokens.Abandoned();
        }
        tokens.expect('}');
        if (right) {
            // Else what is missing may be what was wrong.
            checkWhole(vm);
        }
        return vm;
    }

    private void checkName(Token name) {
        String text = name.text();
        if (text.length() > VmLimits.MAX_NAME) {
            throw tokens.error(name.position(), "vm name too long");
        }
        if (!VmLimits.validName(text)) {
            throw tokens.error(name.position(), "vm \"" + text + "\" failed: invalid VM name");
        }
    }

    private void checkWhole(VmStatement vm) {
        if (vm.boot == null && (vm.initrd != null || vm.cmdline != null)) {
            String option = vm.initrd != null ? "initrd" : "cmdline";
            diagnostics.error(vm.position, failed(vm) + option + " without boot");
        } else if (vm.boot == null && vm.disks.isEmpty()) {
            diagnostics.error(vm.position, failed(vm) + "no kernel or disk/cdrom specified");
        }
    }

    private static String failed(VmStatement vm) {
        return "vm \"" + vm.name + "\" failed: ";
    }

    private void option(VmStatement vm) {
        Token option = tokens.peek();
        if (option.kind() == Token.Kind.KEYWORD) {
            tokens.take();
            keyword(vm, option);
        } else if (option.isWord("engine")) {
            tokens.take();
            once(option, vm.engine != null, "engine");
            vm.engine = EngineWord.parse(tokens);
        } else if (option.isWord("vcpus")) {
            tokens.take();
            vcpus(vm, option);
        } else if (option.isWord("initrd")) {
            tokens.take();
            Token path = tokens.string();
            once(option, vm.initrd != null, "initrd");
            vm.initrd = resolve(path, "initrd");
        } else if (option.isWord("cmdline")) {
            tokens.take();
            Token text = tokens.string();
            once(option, vm.cmdline != null, "cmdline");
            vm.cmdline = cmdline(text);
        } else {
            throw tokens.syntaxError();
        }
    }

    private void keyword(VmStatement vm, Token keyword) {
        switch (keyword.text()) {
            case "enable" -> vm.enabled = true;
            case "disable" -> vm.enabled = false;
            case "memory" -> memory(vm, keyword);
            case "disk" -> disk(vm, keyword);
            case "boot" -> boot(vm, keyword);
            case "owner" -> vm.owner = owners.owner();
            default -> later.vmOption(keyword);
        }
    }

    private void once(Token option, boolean again, String what) {
        if (again) {
            throw tokens.error(option.position(), what + " specified more than once");
        }
    }

    private void memory(VmStatement vm, Token option) {
        Token size = tokens.numberOrString();
        once(option, vm.memoryBytes != null, "memory");
        String failed = "failed to parse size: " + size.text() + ": ";
        long bytes;
        try {
            bytes = ScaledNumber.parse(size.text());
        } catch (ScaledNumber.Invalid e) {
            throw tokens.error(size.position(), failed + e.getMessage());
        }
        if (bytes < VmLimits.MIN_MEMORY) {
            throw tokens.error(size.position(), failed + VmLimits.MEMORY_TOO_SMALL);
        }
        if (bytes > VmLimits.MAX_MEMORY) {
            throw tokens.error(size.position(), failed + VmLimits.MEMORY_TOO_LARGE);
        }
        vm.memoryBytes = VmLimits.wholeMib(bytes);
    }

    private void vcpus(VmStatement vm, Token option) {
        Token count = tokens.number();
        once(option, vm.vcpus != null, "vcpus");
        if (count.number() < 1) {
            throw tokens.error(count.position(), "invalid number of CPUs: " + count.number());
        }
        if (count.number() > VmLimits.MAX_VCPUS) {
            throw later.refused(count.position(), "vcpus " + count.number() + " (more than 1)");
        }
        vm.vcpus = 1;
    }

    private void boot(VmStatement vm, Token option) {
        if (tokens.accept("device")) {
            if (!tokens.accept("cdrom") && !tokens.accept("disk") && !tokens.accept("net")) {
                throw tokens.syntaxError();
            }
            throw later.refused(option.position(), "boot device");
        }
        Token path = tokens.string();
        once(option, vm.boot != null, "kernel");
        vm.boot = resolve(path, "kernel");
    }

    private Path resolve(Token path, String what) {
        try {
            Path resolved = files.resolve(path.text());
            if (!VmLimits.fits(resolved.toString(), VmLimits.MAX_PATH)) {
                throw tokens.error(path.position(), what + " name too long");
            }
            return resolved;
        } catch (ConfigFiles.Unusable e) {
            throw tokens.error(path.position(), what + " path not found: " + e.reason());
        }
    }

    private String cmdline(Token text) {
        String line = text.text();
        if (!VmLimits.fits(line, VmLimits.MAX_CMDLINE)) {
            throw tokens.error(text.position(), "cmdline too long");
        }
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) < ' ' && line.charAt(i) != '\t') {
                throw tokens.error(text.position(), "cmdline holds a control character");
            }
        }
        return line;
    }

    private void disk(VmStatement vm, Token option) {
        Token path = tokens.string();
        boolean named = tokens.accept("format");
        boolean qcow2 = named && isQcow2(tokens.string());
        String failed = "failed to parse disks: " + path.text() + ": ";
        if (vm.disks.size() == VmLimits.MAX_DISKS) {
            throw tokens.error(option.position(), failed + "too many disks");
        }
        Path resolved;
        try {
            resolved = files.resolve(path.text());
        } catch (ConfigFiles.Unusable e) {
            throw tokens.error(path.position(), failed + e.reason());
        }
        if (!VmLimits.fits(resolved.toString(), VmLimits.MAX_PATH)) {
            throw tokens.error(path.position(), failed + "disk path too long");
        }
        if (qcow2 || !named && ConfigFiles.looksLikeQcow2(resolved)) {
            throw later.refused(option.position(), "disk format qcow2");
        }
        vm.disks.add(new DiskConfig(resolved, DiskFormat.RAW, option.position()));
    }

    private boolean isQcow2(Token format) {
        return switch (format.text().toLowerCase(Locale.ROOT)) {
            case "raw" -> false;
            case "qcow2" -> true;
            default ->
                    throw tokens.error(
                            format.position(), "unrecognized disk format " + format.text());
        };
    }
}
