#!/usr/bin/env python3
"""PyTorch's times for the work of cuda_speed, on the same GPU: peer.py [--steps] [--compile] [--small] [--seconds S]

One JSON object a line, with the names and shapes of cuda_speed, so that the two can be laid side by side. Each work is
written the way PyTorch does it best: fused AdamW, foreach averages, scaled_dot_product_attention, addmm. --compile puts
torch.compile around it. --steps times whole training steps of R-Adapter on two geometries with random weights instead,
as StepSpeed does with ours. --small is for machines without a GPU, whose times say nothing.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("peer.py needs PyTorch, version 2.4 or newer, in this python3")

options = argparse.ArgumentParser()
options.add_argument("--compile", action="store_true")
options.add_argument("--small", action="store_true")
options.add_argument("--steps", action="store_true")
options.add_argument("--seconds", type=float, default=0.5)
options = options.parse_args()
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
if device.type == "cpu" and not options.small:
    sys.exit("this PyTorch sees no GPU; --small runs on the CPU")
peer = "torch.compile" if options.compile else "torch"
half = torch.bfloat16


def compiled(function):
    return torch.compile(function) if options.compile else function


def synchronize():
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(call):
    """Median milliseconds of a call."""
    for _ in range(3):
        call()
    synchronize()
    times, spent = [], 0.0
    while len(times) < 5 or (spent < options.seconds and len(times) < 200):
        start = time.perf_counter()
        call()
        synchronize()
        times.append(time.perf_counter() - start)
        spent += times[-1]
    return 1e3 * statistics.median(times)


def report(work, shape, dtype, call):
    line = {"work": work, "shape": shape, "dtype": dtype, "peer": peer}
    try:
        line["ms"] = round(measure(call), 6)
        if device.type == "cuda":
            line["peak_mib"] = torch.cuda.max_memory_allocated() >> 20
            torch.cuda.reset_peak_memory_stats()
    except RuntimeError as error:
        line["failed"] = str(error).splitlines()[0][:160]
    print(json.dumps(line), flush=True)


def normal(*shape, dtype=torch.float32, scale=1.0):
    return (torch.randn(*shape, device=device) * scale).to(dtype)


def adapters(rows, d):
    shape = f"{rows}x{d}"
    x = normal(rows, d, dtype=half).requires_grad_()
    dy = normal(rows, d, dtype=half)
    w = normal(d, d, scale=0.02).requires_grad_()
    scale = torch.tensor(0.5, device=device, requires_grad=True)
    full = compiled(lambda x, w, s: x + s.to(half) * (x @ w.to(half)))

    def forward():
        with torch.no_grad():
            full(x, w, scale)

    def everything():
        x.grad = w.grad = scale.grad = None
        full(x, w, scale).backward(dy)

    report("adapter_forward", shape, "bf16", forward)
    report("adapter_all", shape, "bf16", everything)
    for rank in (4, 64):
        down = normal(d, rank, scale=0.02).requires_grad_()
        up = normal(rank, d, scale=0.02).requires_grad_()
        low = compiled(lambda x, a, b, s: x + s.to(half) * ((x @ a.to(half)) @ b.to(half)))

        def low_forward():
            with torch.no_grad():
                low(x, down, up, scale)

        def low_everything():
            x.grad = down.grad = up.grad = scale.grad = None
            low(x, down, up, scale).backward(dy)

        report("low_rank_forward", f"{shape} r{rank}", "bf16", low_forward)
        report("low_rank_all", f"{shape} r{rank}", "bf16", low_everything)


def products(rows, d):
    x = normal(rows, d, dtype=half)
    w = normal(4 * d, d, dtype=half, scale=0.02)
    bias = normal(4 * d, dtype=half, scale=0.1)

    def quick_gelu(x):
        y = torch.nn.functional.linear(x, w, bias)
        return y * torch.sigmoid(1.702 * y)

    activated = compiled(quick_gelu)
    report("product_plain", f"{rows}x{d}", "bf16", lambda: torch.nn.functional.linear(x, w, bias))
    report("product_quick_gelu", f"{rows}x{d}", "bf16", lambda: activated(x))


def optimizer(count):
    parameter = normal(count, scale=0.1).requires_grad_()
    parameter.grad = normal(count, scale=0.1)
    average = parameter.detach().clone()
    adamw = torch.optim.AdamW([parameter], lr=1e-5, betas=(0.9, 0.98), weight_decay=0.05, fused=True)

    def step():
        torch.nn.utils.clip_grad_norm_([parameter], 1.0)
        adamw.step()
        torch._foreach_lerp_([average], [parameter.detach()], 1e-3)

    report("adamw_ema", str(count), "fp32", step)


def merge(blocks, d, dtype, name):
    layers = [(normal(d, d if i % 2 == 0 else 4 * d, dtype=dtype, scale=0.02), normal(d, d, scale=0.02))
              for i in range(2 * blocks)]

    def run():
        for weight, adapter in layers:
            torch.addmm(weight.float(), adapter.t(), weight.float(), alpha=0.05).to(dtype)

    report("merge", f"{2 * blocks} layers of {d}", name, run)


def mpm_nce(b, d, dtype, name):
    def loss(f, g, labels):
        y = (labels[:, None] == labels[None]).to(f.dtype)
        positives = y.sum(1, keepdim=True)
        soft = 0.95 * y / positives + 0.05 * (1 - y) / (b - positives)
        z = (f @ g.t() + 0.05 * (1 - y)) * 100
        return -((soft * z.log_softmax(1)).sum(1).mean() + (soft * z.t().log_softmax(1)).sum(1).mean()) / 2

    run_loss = compiled(loss)
    f = torch.nn.functional.normalize(normal(b, d), dim=1).to(dtype).requires_grad_()
    g = torch.nn.functional.normalize(normal(b, d), dim=1).to(dtype).requires_grad_()
    labels = torch.arange(b, device=device) // 4

    def run():
        f.grad = g.grad = None
        run_loss(f, g, labels).backward()

    report("mpm_nce", f"{b}x{d}", name, run)


def attention(batch, length, heads, causal):
    shape = f"{batch}x{heads}x{length}x64" + (" causal" if causal else "")
    qkv = normal(batch, length, 3, heads, 64, dtype=half).requires_grad_()
    d_out = normal(batch, length, heads * 64, dtype=half)

    def forward(qkv):
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return out.transpose(1, 2).reshape(batch, length, heads * 64)

    run_forward = compiled(forward)

    def only_forward():
        with torch.no_grad():
            run_forward(qkv)

    def everything():
        qkv.grad = None
        run_forward(qkv).backward(d_out)

    report("attention_forward", shape, "bf16", only_forward)
    report("attention_all", shape, "bf16", everything)


def layer_norm(rows, d):
    x = normal(rows, d, dtype=half)
    gain, bias = normal(d, dtype=half), normal(d, dtype=half)
    run = compiled(lambda x: torch.nn.functional.layer_norm(x, (d,), gain, bias))
    report("layer_norm_forward", f"{rows}x{d}", "bf16", lambda: run(x))


def step(name, embed, width, layers, patch, text_width, batch, dtype, dtype_name, image=224, context=77, words=49408):
    """A step of R-Adapter: both towers with adapters, one of five dropped, MPM-NCE, clipping, AdamW, the average."""
    functional = torch.nn.functional
    frozen = {}
    adapters = []
    text_layers = min(layers, 12)

    def weight(key, *shape):
        frozen[key] = ((torch.rand(*shape, device=device) - 0.5) * 0.07).to(dtype)

    def tower(key, d, count):
        for i in range(count):
            for part, out, given in (("qkv", 3 * d, d), ("out", d, d), ("expand", 4 * d, d), ("contract", d, 4 * d)):
                weight(f"{key}.{i}.{part}", out, given)
                frozen[f"{key}.{i}.{part}.bias"] = torch.zeros(out, device=device, dtype=dtype)
            adapters.extend(torch.zeros(d, d, device=device, requires_grad=True) for _ in range(2))
        weight(f"{key}.projection", d, embed)

    tokens = (image // patch) ** 2 + 1
    weight("patches", width, 3, patch, patch)
    weight("class", 1, 1, width)
    weight("image.positions", tokens, width)
    weight("words", words, text_width)
    weight("text.positions", context, text_width)
    tower("image", width, layers)
    tower("text", text_width, text_layers)

    def normed(x):
        return functional.layer_norm(x, (x.shape[-1],))

    def linear(x, key):
        return functional.linear(x, frozen[key], frozen[key + ".bias"])

    def adapted(x, w, gate):
        return x + gate.to(dtype) * (x @ w.to(dtype))

    def run(x, key, count, first, gates, causal):
        rows, length, d = x.shape
        for i in range(count):
            at = first + 2 * i
            q, k, v = linear(normed(x), f"{key}.{i}.qkv").view(rows, length, 3, d // 64, 64).permute(2, 0, 3, 1, 4)
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
            mixed = linear(mixed.transpose(1, 2).reshape(rows, length, d), f"{key}.{i}.out")
            x = x + adapted(mixed, adapters[at], gates[at])
            hidden = linear(normed(x), f"{key}.{i}.expand")
            hidden = linear(hidden * torch.sigmoid(1.702 * hidden), f"{key}.{i}.contract")
            x = x + adapted(hidden, adapters[at + 1], gates[at + 1])
        return x

    def features(images, ids, gates):
        x = functional.conv2d(images.to(dtype), frozen["patches"], stride=patch).flatten(2).transpose(1, 2)
        x = torch.cat([frozen["class"].expand(x.shape[0], -1, -1), x], 1) + frozen["image.positions"]
        x = run(normed(x), "image", layers, 0, gates, False)[:, 0]
        t = frozen["words"][ids] + frozen["text.positions"]
        t = run(t, "text", text_layers, 2 * layers, gates, True)[:, -1]
        return (functional.normalize(normed(x) @ frozen["image.projection"], dim=1),
                functional.normalize(normed(t) @ frozen["text.projection"], dim=1))

    def loss(images, ids, labels, gates):
        f, g = features(images, ids, gates)
        b = labels.shape[0]
        y = (labels[:, None] == labels[None]).float()
        positives = y.sum(1, keepdim=True)
        soft = 0.95 * y / positives + 0.05 * (1 - y) / (b - positives).clamp(min=1)
        z = ((f @ g.t()).float() + 0.05 * (1 - y)) * 100
        return -((soft * z.log_softmax(1)).sum(1).mean() + (soft * z.t().log_softmax(1)).sum(1).mean()) / 2

    run_loss = compiled(loss)
    averages = [w.detach().clone() for w in adapters]
    adamw = torch.optim.AdamW(adapters, lr=1e-5, betas=(0.9, 0.999), weight_decay=0.0, fused=device.type == "cuda")

    def whole(images, ids, labels):
        gates = (torch.rand(len(adapters), device=device) >= 0.2) / 0.8
        adamw.zero_grad(set_to_none=True)
        run_loss(images, ids, labels, gates).backward()
        torch.nn.utils.clip_grad_norm_(adapters, 1.0)
        adamw.step()
        torch._foreach_lerp_(averages, [w.detach() for w in adapters], 1e-3)

    # Half the pairs until they fit: a smaller step has the pairs a second to compare by.
    while batch >= 1:
        line = {"work": "step", "shape": f"{name} x {batch}", "dtype": dtype_name, "peer": peer}
        try:
            given = (normal(batch, 3, image, image), torch.randint(words, (batch, context), device=device),
                     torch.arange(batch, device=device) // 4)
            milliseconds = measure(lambda: whole(*given))
            line.update(ms=round(milliseconds, 3), pairs_per_second=round(1e3 * batch / milliseconds, 1))
        except torch.cuda.OutOfMemoryError:
            line["failed"] = "out of memory"
        print(json.dumps(line), flush=True)
        if "ms" in line:
            return
        adamw.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()
        batch //= 2


def steps(small):
    for dtype, dtype_name in ((half, "bf16"), (torch.float32, "fp32")):
        if small:
            step("tiny", 64, 64, 2, 8, 64, 4, dtype, dtype_name, image=16, context=9, words=50)
        else:
            step("ViT-B/16", 512, 768, 12, 16, 512, 512, dtype, dtype_name)
            step("ViT-L/14", 768, 1024, 24, 14, 768, 256, dtype, dtype_name)


def main():
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(json.dumps({"work": "device", "name": name, "torch": torch.__version__, "peer": peer}), flush=True)
    torch.manual_seed(0)
    small = options.small
    if options.steps:
        steps(small)
        return
    adapters(260 if small else 512 * 197, 64 if small else 768)
    adapters(130 if small else 256 * 257, 128 if small else 1024)
    products(260 if small else 512 * 197, 64 if small else 768)
    for count in (10007, 30011) if small else (20400000, 64500000):
        optimizer(count)
    merge(1 if small else 24, 64 if small else 768, torch.float16 if device.type == "cuda" else torch.float32, "fp16")
    for b, d in [(130, 64)] if small else [(8192, 512), (32768, 512), (32768, 768), (65536, 768)]:
        mpm_nce(b, d, half, "bf16")
    for batch, length, heads, causal in ([(1, 50, 1, False), (1, 33, 1, True)] if small else
                                         [(512, 197, 12, False), (512, 77, 8, True), (256, 257, 16, False),
                                          (64, 577, 16, False)]):
        attention(batch, length, heads, causal)
    layer_norm(260 if small else 512 * 197, 64 if small else 768)


main()
