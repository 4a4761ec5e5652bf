package org.radapter.weights;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** A model in several safetensors files, listed by a {@code *.safetensors.index.json}. */
final class ShardedSafetensors implements TensorSource {
    private final Path index;
    private final SortedMap<String, Safetensors> shardOf;
    private final Map<String, Safetensors> shards;

    private ShardedSafetensors(Path index, SortedMap<String, Safetensors> shardOf, Map<String, Safetensors> shards) {
        this.index = index;
        this.shardOf = shardOf;
        this.shards = shards;
    }

    /**
     * Opens all shards.
     *
     * @throws WeightsFormatException if the index is wrong or does not fit the shards
     * @throws NoSuchFileException if a shard is missing
     */
    static ShardedSafetensors open(Path index, Elements.NonFinite nonFinite) throws IOException {
        if (!(Json.readObject(index).get("weight_map") instanceof Map<?, ?> weightMap)) {
            throw new WeightsFormatException(index + " has no weight_map; download it again");
        }
        SortedMap<String, Safetensors> shardOf = new TreeMap<>();
        ShardedSafetensors opened = new ShardedSafetensors(index, shardOf, new TreeMap<>());
        try {
            for (Map.Entry<?, ?> item : weightMap.entrySet()) {
                String name = String.valueOf(item.getKey());
                Safetensors shard = opened.shard(item.getValue(), nonFinite);
                if (!shard.contains(name)) {
                    throw new WeightsFormatException(index + " says that tensor '" + name + "' is in " + shard
                            + ", but it is not; download index and parts again, all of one version");
                }
                shardOf.put(name, shard);
            }
            return opened;
        } catch (IOException | RuntimeException | Error e) {
            try {
                opened.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private Safetensors shard(@Nullable Object file, Elements.NonFinite nonFinite) throws IOException {
        if (!(file instanceof String name) || !name.matches("[^/\\\\\\x00]+\\.safetensors")) {
            throw new WeightsFormatException(index + " names '" + file + "', which is no safetensors file beside it");
        }
        Safetensors shard = shards.get(name);
        if (shard == null) {
            Path path = index.resolveSibling(name);
            try {
                shard = Safetensors.open(path, nonFinite);
            } catch (NoSuchFileException e) {
                throw new NoSuchFileException(
                        path.toString(),
                        null,
                        "this part of the model is missing; " + index + " needs it: download it");
            }
            shards.put(name, shard);
        }
        return shard;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shardOf.keySet());
    }

    @Override
    public DType dtype(String name) throws IOException {
        return holder(name).dtype(name);
    }

    @Override
    public long[] shape(String name) {
        return holder(name).shape(name);
    }

    @Override
    public void read(String name, Tensor into) throws IOException {
        holder(name).read(name, into);
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void close() throws IOException {
        @Nullable IOException failure = null;
        for (Safetensors shard : shards.values()) {
            try {
                shard.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public String toString() {
        return index.toString();
    }

    private Safetensors holder(String name) {
        Safetensors shard = shardOf.get(name);
        if (shard == null) {
            throw new IllegalArgumentException(index + " has no tensor '" + name + "'");
        }
        return shard;
    }
}
