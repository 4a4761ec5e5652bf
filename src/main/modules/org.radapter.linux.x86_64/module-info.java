/** The native library of org.radapter for Linux on x86-64, its binding, and JavaCPP's; holds no classes. */
open module org.radapter.linux.x86_64 {
    requires transitive org.bytedeco.javacpp.linux.x86_64;
    requires transitive org.radapter;
}
