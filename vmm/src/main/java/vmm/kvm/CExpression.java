package vmm.kvm;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a constant is called in the kernel's headers, so that a compiler can be asked for it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface CExpression {
    String value();
}
