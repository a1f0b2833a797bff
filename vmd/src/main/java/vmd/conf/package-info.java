/** vm.conf: lexer, parser to records with source positions, printer. */
@NullMarked
package vmd.conf;

import org.jspecify.annotations.NullMarked;
