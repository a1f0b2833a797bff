package vmd.conf;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import vmd.proto.BootDevice;
import vmd.proto.CpuModel;
import vmd.proto.DiskFormat;

/** Reads {@code vm} statements. An option that is wrong costs its own line only. */
final class VmParser {
    private final Tokens tokens;
    private final Diagnostics diagnostics;
    private final ConfigFiles files;
    private final Owners owners;

    /** A statement, and the template that it names. */
    record Statement(VmOptions options, @Nullable String template) {}

    VmParser(Tokens tokens, Diagnostics diagnostics, ConfigFiles files, Owners owners) {
        this.tokens = tokens;
        this.diagnostics = diagnostics;
        this.files = files;
        this.owners = owners;
    }

    /** What follows the keyword; abandoned if anything in it is wrong. */
    Statement parse(Position position) {
        Token name = tokens.string();
        String template = null;
        if (tokens.accept("instance")) {
            if (!VmLimits.fits(name.text(), VmLimits.MAX_NAME)) {
                throw tokens.error(name.position(), "vm " + name.text() + " name too long");
            }
            template = name.text();
            name = tokens.string();
        }
        if (!tokens.peek().isSymbol('{')) {
            throw tokens.syntaxError();
        }
        if (!VmLimits.fits(name.text(), VmLimits.MAX_NAME)) {
            throw tokens.error(name.position(), "vm name too long");
        }
        VmOptions vm = new VmOptions(name.text(), position);
        int errors = diagnostics.errors().size();
        if (!tokens.blockSkippingErrors(() -> option(vm))
                || diagnostics.errors().size() != errors) {
            // What is missing may be what was wrong: no more is said.
            throw new Tokens.Abandoned();
        }
        return new Statement(vm, template);
    }

    private void option(VmOptions vm) {
        Token option = tokens.peek();
        if (option.kind() == Token.Kind.KEYWORD) {
            tokens.take();
            keyword(vm, option);
        } else if (option.isWord("engine")) {
            tokens.take();
            once(option, vm.engine != null, "engine");
            vm.engine = EngineWord.parse(tokens);
        } else if (option.isWord("cpu")) {
            tokens.take();
            once(option, vm.cpu != null, "cpu");
            Token word = tokens.string();
            vm.cpu = CpuModel.of(word.text());
            if (vm.cpu == null) {
                throw tokens.error(word.position(), "unknown cpu " + word.text());
            }
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

    private void keyword(VmOptions vm, Token keyword) {
        switch (keyword.text()) {
            case "enable" -> vm.enabled = true;
            case "disable" -> vm.enabled = false;
            case "memory" -> memory(vm, keyword);
            case "disk" -> disk(vm, keyword);
            case "boot" -> boot(vm, keyword);
            case "cdrom" -> cdrom(vm, keyword);
            case "interfaces" -> interfaces(vm, keyword);
            case "interface" -> addInterface(vm, keyword, false);
            case "local" -> {
                tokens.expect("interface");
                addInterface(vm, keyword, true);
            }
            case "owner" -> vm.owner = owners.owner();
            case "allow" -> vm.allow = new GrantParser(tokens, owners, vm.allow).parse();
            case "sev" -> vm.sev = vm.sev == Sev.SEVES ? Sev.SEVES : Sev.SEV;
            case "seves" -> vm.sev = Sev.SEVES;
            default -> throw tokens.error(keyword.position(), "syntax error");
        }
    }

    private void once(Token option, boolean again, String what) {
        if (again) {
            throw tokens.error(option.position(), what + " specified more than once");
        }
    }

    private void memory(VmOptions vm, Token option) {
        Token size = tokens.numberOrString();
        boolean number = size.kind() == Token.Kind.NUMBER;
        once(option, vm.memoryBytes != null, number ? "memory" : "argument");
        long bytes;
        try {
            bytes = ScaledNumber.parse(size.text());
        } catch (ScaledNumber.Invalid e) {
            diagnostics.error(null, "invalid memory size: " + size.text() + ": " + e.getMessage());
            throw tokens.error(size.position(), "failed to parse size: " + size.text());
        }
        boolean small = bytes < VmLimits.MIN_MEMORY;
        if (small || bytes > VmLimits.MAX_MEMORY) {
            diagnostics.error(null, small ? VmLimits.MEMORY_TOO_SMALL : VmLimits.MEMORY_TOO_LARGE);
            throw tokens.error(size.position(), "failed to parse size: " + size.text());
        }
        vm.memoryBytes = VmLimits.wholeMib(bytes);
    }

    private void vcpus(VmOptions vm, Token option) {
        Token count = tokens.number();
        once(option, vm.vcpus != null, "vcpus");
        if (count.number() < 1 || count.number() > VmLimits.MAX_NAMED_VCPUS) {
            throw tokens.error(count.position(), "invalid number of CPUs: " + count.number());
        }
        vm.vcpus = (int) count.number();
    }

    private void boot(VmOptions vm, Token option) {
        if (tokens.accept("device")) {
            vm.bootDevice = bootDevice();
            return;
        }
        Token path = tokens.string();
        once(option, vm.boot != null, "kernel");
        vm.boot = resolve(path, "kernel");
    }

    private BootDevice bootDevice() {
        for (BootDevice device : BootDevice.values()) {
            if (device != BootDevice.AUTO && tokens.accept(device.word())) {
                return device;
            }
        }
        throw tokens.syntaxError();
    }

    private void cdrom(VmOptions vm, Token option) {
        Token path = tokens.string();
        once(option, vm.cdrom != null, "cdrom");
        try {
            vm.cdrom = files.absolute(path.text());
        } catch (ConfigFiles.Unusable e) {
            throw tokens.error(path.position(), "cdrom path not found: " + e.reason());
        }
        if (!VmLimits.fits(vm.cdrom.toString(), VmLimits.MAX_PATH)) {
            throw tokens.error(path.position(), "cdrom name too long");
        }
    }

    private void interfaces(VmOptions vm, Token option) {
        Token count = tokens.number();
        once(option, vm.interfaceCount != null, "interfaces");
        if (count.number() < 0 || count.number() > VmLimits.MAX_INTERFACES) {
            throw tooManyInterfaces(count.position(), count.number());
        }
        vm.interfaceCount = (int) count.number();
    }

    private void addInterface(VmOptions vm, Token option, boolean local) {
        InterfaceConfig one = new InterfaceParser(tokens).parse(local);
        if (vm.interfaces.size() == VmLimits.MAX_INTERFACES) {
            throw tooManyInterfaces(option.position(), VmLimits.MAX_INTERFACES + 1);
        }
        vm.interfaces.add(one);
    }

    private Tokens.Abandoned tooManyInterfaces(Position position, long count) {
        return tokens.error(position, "too many interfaces: " + count);
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

    private void disk(VmOptions vm, Token option) {
        Token path = tokens.string();
        DiskFormat named = tokens.accept("format") ? diskFormat(tokens.string()) : null;
        if (vm.disks.size() == VmLimits.MAX_DISKS) {
            throw badDisk(path, "too many disks");
        }
        Path resolved;
        try {
            resolved = files.resolve(path.text());
        } catch (ConfigFiles.Unusable e) {
            throw badDisk(path, "disk " + path.text() + ": " + e.reason());
        }
        if (!VmLimits.fits(resolved.toString(), VmLimits.MAX_PATH)) {
            throw badDisk(path, "disk path too long");
        }
        DiskFormat found = ConfigFiles.looksLikeQcow2(resolved) ? DiskFormat.QCOW2 : DiskFormat.RAW;
        vm.disks.add(new DiskConfig(resolved, named == null ? found : named, option.position()));
    }

    private Tokens.Abandoned badDisk(Token path, String why) {
        diagnostics.error(null, why);
        return tokens.error(path.position(), "failed to parse disks: " + path.text());
    }

    private DiskFormat diskFormat(Token format) {
        return switch (format.text().toLowerCase(Locale.ROOT)) {
            case "raw" -> DiskFormat.RAW;
            case "qcow2" -> DiskFormat.QCOW2;
            default ->
                    throw tokens.error(
                            format.position(), "unrecognized disk format " + format.text());
        };
    }
}
