/** The messages: one sealed interface per direction, records with encode and decode. */
@NullMarked
package vmd.proto;

import org.jspecify.annotations.NullMarked;
