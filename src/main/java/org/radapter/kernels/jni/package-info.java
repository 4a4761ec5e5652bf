/**
 * The C ABI for the JVM: {@code presets} tells JavaCPP how to read {@code radapter.h}, {@code abi} is what it makes of
 * it, and the rest turns it into {@link org.radapter.kernels.Kernels} with Java's errors and lifetimes.
 *
 * <p>Addresses cross the border as {@code long}: a call allocates nothing.
 */
package org.radapter.kernels.jni;
