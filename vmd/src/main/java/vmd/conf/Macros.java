package vmd.conf;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The macros of one parse. Those of the command line win over those of the file. */
final class Macros {
    private static final class Macro {
        String value;
        final boolean fixed;
        boolean used;

        Macro(String value, boolean fixed) {
            this.value = value;
            this.fixed = fixed;
        }
    }

    private final Map<String, Macro> macros = new LinkedHashMap<>();

    Macros(Map<String, String> fixed) {
        fixed.forEach((name, value) -> macros.put(name, new Macro(value, true)));
    }

    void set(String name, String value) {
        Macro known = macros.get(name);
        if (known == null) {
            macros.put(name, new Macro(value, false));
        } else if (!known.fixed) {
            known.value = value;
        }
    }

    @Nullable String use(String name) {
        Macro macro = macros.get(name);
        if (macro == null) {
            return null;
        }
        macro.used = true;
        return macro.value;
    }

    void warnUnused(Diagnostics diagnostics) {
        macros.forEach((name, macro) -> {
            if (!macro.used) {
                diagnostics.warning("warning: macro '" + name + "' not used");
            }
        });
    }
}
