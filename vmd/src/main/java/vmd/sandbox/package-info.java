/** What each role may still do after set-up: policies with a reason for every rule. */
@NullMarked
package vmd.sandbox;

import org.jspecify.annotations.NullMarked;
