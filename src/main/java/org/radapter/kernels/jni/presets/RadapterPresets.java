package org.radapter.kernels.jni.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.presets.javacpp;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

@Properties(
        inherit = javacpp.class,
        target = "org.radapter.kernels.jni.abi",
        global = "org.radapter.kernels.jni.abi.Abi",
        value = @Platform(value = "linux-x86_64", include = "radapter.h", link = "radapter", library = "jniradapter"))
@NoException
public class RadapterPresets implements InfoMapper {
    @Override
    public void map(InfoMap map) {
        map.put(new Info("RADAPTER_API").cppTypes().annotations());
        map.put(address("void").valueTypes("void"));
        map.put(address("float").valueTypes("float"));
        map.put(address("double").valueTypes("double"));
        map.put(address("int32_t").valueTypes("int"));
        map.put(address("int64_t").valueTypes("long"));
        for (String handle :
                new String[] {"radapter_context", "radapter_packed", "radapter_graph", "CUstream_st", "CUevent_st"}) {
            map.put(address(handle).skip());
        }
        map.put(struct("radapter_segment", "SegmentStruct"));
        map.put(struct("radapter_merge_layer", "MergeLayerStruct"));
        created(map, "radapter_cpu_create", "int threads, int isa, @Cast(\"radapter_context**\") LongPointer context");
        created(
                map,
                "radapter_allocate",
                "@Cast(\"radapter_context*\") long context, @Cast(\"size_t\") long bytes,"
                        + " @Cast(\"void**\") LongPointer memory");
        created(
                map,
                "radapter_cuda_create",
                "String plugin_path, int device, @Cast(\"radapter_context**\") LongPointer context");
        created(
                map,
                "radapter_allocate_host",
                "@Cast(\"radapter_context*\") long context, @Cast(\"size_t\") long bytes,"
                        + " @Cast(\"void**\") LongPointer memory");
        created(
                map,
                "radapter_stream_create",
                "@Cast(\"radapter_context*\") long context, @Cast(\"CUstream_st**\") LongPointer stream");
        created(
                map,
                "radapter_event_create",
                "@Cast(\"radapter_context*\") long context, @Cast(\"CUevent_st**\") LongPointer event");
        created(
                map,
                "radapter_graph_end",
                "@Cast(\"radapter_context*\") long context, @Cast(\"CUstream_st*\") long stream,"
                        + " @Cast(\"radapter_graph**\") LongPointer graph");
        created(
                map,
                "radapter_pack",
                "@Cast(\"radapter_context*\") long context, @Cast(\"CUstream_st*\") long stream, int transpose_b,"
                        + " @Cast(\"int64_t\") long n, @Cast(\"int64_t\") long k, @Cast(\"void*\") long b,"
                        + " @Cast(\"int64_t\") long ldb, int b_dtype, @Cast(\"radapter_packed**\") LongPointer packed");
    }

    private static Info address(String type) {
        return new Info("const " + type, type).pointerTypes("@Cast(\"" + type + "*\") long");
    }

    private static Info struct(String name, String javaName) {
        return new Info(name).pointerTypes(javaName).annotations("@SuppressWarnings(\"unchecked\")");
    }

    private static void created(InfoMap map, String function, String parameters) {
        map.put(new Info(function).javaText("public static native int " + function + "(" + parameters + ");"));
    }
}
