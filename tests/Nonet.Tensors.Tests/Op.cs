using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Nonet.Tensors.Cpu;
using Nonet.Tensors.Far;
using Nonet.Tensors.Reference;
using Xunit;

namespace Nonet.Tensors.Tests;

/// <summary>An input of an op under test: values already rounded to the dtype, so that every device starts from the same numbers.</summary>
public sealed record Input(Shape Shape, double[] Values, DType Type, bool Differentiable)
{
    /// <summary>The same numbers in another weight format.</summary>
    public Input As(DType type)
    {
        using var x = Op.Reference.From(Shape, Values, type);
        return this with { Values = x.ToDoubles(), Type = type };
    }

    /// <summary>No gradient flows to it.</summary>
    public Input Constant() => this with { Differentiable = false };
}

/// <summary>Inputs that depend on the test and on their place in it alone, not on which tests ran before.</summary>
public static class Seeded
{
    public static Input Normal(params int[] shape) => Normal(1, shape);

    public static Input Normal(double scale, int[] shape) => Make(shape, (key, i) => scale * Philox.Normal(key, i));

    /// <summary>Uniform in (low, high).</summary>
    public static Input Uniform(double low, double high, params int[] shape) => Make(shape, (key, i) => low + (high - low) * Philox.Uniform(key, i));

    public static Input Ids(int below, params int[] shape) =>
        Make(shape, (key, i) => Philox.Below(key, i, below)) with { Type = DType.I32, Differentiable = false };

    public static Input Ints(params int[] values) => new(new Shape(values.Length), [.. values.Select(v => (double)v)], DType.I32, false);

    static Input Make(int[] shape, Func<RandomKey, ulong, double> f)
    {
        var (s, key) = (new Shape(shape), Key());
        return new Input(s, [.. Enumerable.Range(0, (int)s.Elements).Select(i => (double)(float)f(key, (ulong)i))], DType.F32, true);
    }

    static RandomKey Key()
    {
        var (test, inputs) = (TestContext.Current.Test?.TestDisplayName ?? "", TestContext.Current.KeyValueStorage);
        var (name, place) = (test.Aggregate(17u, (h, c) => h * 31 + c), inputs.GetValueOrDefault("inputs " + test) as uint? ?? 0);
        inputs["inputs " + test] = place + 1;
        return new RandomKey(20170612, name, place);
    }
}

/// <summary>One checker for every op: values and gradients, every device, register width and thread count.</summary>
public static class Op
{
    public static readonly ReferenceDevice Reference = new();

    /// <summary>
    /// Widest registers under test: 512 bits, or NONET_MOST_BITS. A plain run tests every width, in software where the processor lacks it. The runs of .ci/run
    /// with fewer instruction sets test the widths that these change: wider ones would only be slow.
    /// </summary>
    static readonly int mostBits = int.Parse(Environment.GetEnvironmentVariable("NONET_MOST_BITS") ?? "512", CultureInfo.InvariantCulture);

    /// <summary>Threads 1, 2 and 3 at the widest register, then the other widths.</summary>
    public static readonly CpuDevice[] Cpus =
    [
        .. new[] { 1, 2, 3 }.Select(t => new CpuDevice(new CpuOptions { Threads = t })),
        .. new[] { 128, 256, 512 }.Where(b => b <= mostBits && b != new CpuOptions().VectorBits)
            .Select(b => new CpuDevice(new CpuOptions { Threads = 2, VectorBits = b })),
    ];

    /// <summary>A device whose memory the host cannot read, with the arithmetic of the first of <see cref="Cpus"/>.</summary>
    public static readonly FarDevice Far = new(new CpuOptions { Threads = 1 });

    /// <summary>Software arithmetic (instruction sets off) is some 300 times slower: tests then take tiny shapes.</summary>
    public static bool Tiny => !Vector128.IsHardwareAccelerated;

    /// <summary>Without an instruction for a · b + c each element is a call of a function: large tests then take smaller shapes.</summary>
    public static bool SoftwareFma => !Fma.IsSupported && !AdvSimd.IsSupported;

    /// <summary>
    /// Checks f: finite differences of its definition against its backward on the reference device (doubles, so not again with fewer
    /// instruction sets); values and gradients of every CPU device against the reference, within <paramref name="tolerance"/> of the largest
    /// magnitude; same bits for every thread count; and for a device whose memory the host cannot read; a second backward adds to the
    /// gradients instead of replacing them. Every differentiable input must get a gradient, and no other.
    /// </summary>
    public static void Check(Func<Tensor[], Tensor> f, Input[] inputs, double tolerance = 2e-5, double differenceTolerance = 1e-5,
        bool finiteDifferences = true)
    {
        var (y, gradients) = Run(Reference, f, inputs, passes: 1);
        RequireGradients(inputs, gradients, "the reference device");
        if (finiteDifferences && mostBits == 512)
            CheckDifferences(f, inputs, gradients, differenceTolerance);
        (double[] Y, double[]?[] Gradients)? first = null;
        foreach (var cpu in Cpus)
        {
            var where = $"{cpu.VectorBits} bits, {cpu.Threads} threads";
            var got = Run(cpu, f, inputs, passes: 1);
            Close(y, got.Y, tolerance, $"value, {where}");
            RequireGradients(inputs, got.Gradients, where);
            for (var i = 0; i < inputs.Length; i++)
            {
                if (gradients[i] is { } g)
                    Close(g, got.Gradients[i]!, tolerance, $"gradient of input {i}, {where}");
            }
            if (first is { } one && cpu.VectorBits == Cpus[0].VectorBits)
            {
                Assert.True(one.Y.AsSpan().SequenceEqual(got.Y), $"value: other bits with {cpu.Threads} threads");
                for (var i = 0; i < inputs.Length; i++)
                    Assert.True(one.Gradients[i].AsSpan().SequenceEqual(got.Gradients[i]), $"gradient of input {i}: other bits with {cpu.Threads} threads");
            }
            first ??= got;
        }
        var far = Run(Far, f, inputs);
        Assert.True(first!.Value.Y.AsSpan().SequenceEqual(far.Y), "value: other bits where the host cannot read the memory");
        for (var i = 0; i < inputs.Length; i++)
            Assert.True(first.Value.Gradients[i].AsSpan().SequenceEqual(far.Gradients[i]),
                $"gradient of input {i}: other bits where the host cannot read the memory");
        var twice = Run(Cpus[0], f, inputs, passes: 2);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (gradients[i] is { } g)
                Close([.. g.Select(v => 2 * v)], twice.Gradients[i]!, tolerance, $"gradient of input {i} after two passes");
        }
    }

    static void RequireGradients(Input[] inputs, double[]?[] gradients, string where)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            Assert.True(inputs[i].Differentiable || gradients[i] is null, $"input {i} is not differentiable, and has a gradient on {where}");
            Assert.True(!inputs[i].Differentiable || gradients[i] is not null, $"input {i} is differentiable, and has no gradient on {where}");
        }
    }

    /// <summary>Values and gradients of f on a device, as doubles. dy is a fixed normal sample.</summary>
    public static (double[] Y, double[]?[] Gradients) Run(Device device, Func<Tensor[], Tensor> f, Input[] inputs, int passes = 1)
    {
        using var scope = new TensorScope();
        var tensors = Tensors(device, inputs, watch: true);
        double[] y = [];
        for (var pass = 0; pass < passes; pass++)
        {
            using var tape = new Autograd.Tape();
            var result = f(tensors);
            y = result.ToDoubles();
            if (result.RequiresGrad)
                tape.Backward(result, device.From(result.Shape, Dy(result.Shape), device.Float));
        }
        var gradients = tensors.Select(t => t.Gradient?.ToDoubles()).ToArray();
        foreach (var t in tensors)
            t.Gradient?.Dispose();
        return (y, gradients);
    }

    /// <summary>An I32 input as the numbers that ops look up by.</summary>
    public static Indices Ids(this Tensor x) => new(x.Device, x.Download());

    static double[] Dy(Shape shape) =>
        [.. Enumerable.Range(0, (int)shape.Elements).Select(i => (double)(float)Philox.Normal(new RandomKey(7, 0, 0), (ulong)i))];

    static Tensor[] Tensors(Device device, Input[] inputs, bool watch) =>
    [
        .. inputs.Select(input =>
        {
            var type = input.Type.IsFloat() && device.Float == DType.F64 ? DType.F64 : input.Type; // ids and blocks stay what they are
            var x = device.From(input.Shape, input.Values, type);
            return watch && input.Differentiable ? x.Watch() : x;
        }),
    ];

    static void CheckDifferences(Func<Tensor[], Tensor> f, Input[] inputs, double[]?[] gradients, double tolerance)
    {
        const int Samples = 12;
        const double H = 1e-4;
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!inputs[i].Differentiable)
                continue;
            var g = gradients[i]!;
            var scale = g.Max(Math.Abs) + 1e-3;
            for (var s = 0; s < Math.Min(Samples, g.Length); s++)
            {
                var e = g.Length <= Samples ? s : Philox.Below(new RandomKey(11, (uint)i, 0), (ulong)s, g.Length);
                var slope = (8 * (At(H) - At(-H)) - (At(2 * H) - At(-2 * H))) / (12 * H);
                Assert.True(Math.Abs(slope - g[e]) <= tolerance * scale, $"input {i}, element {e}: finite difference {slope:G9}, backward {g[e]:G9}");

                double At(double delta)
                {
                    using var scope = new TensorScope();
                    var tensors = Tensors(Reference, inputs, watch: false);
                    tensors[i].SetValue(e, inputs[i].Values[e] + delta);
                    var y = f(tensors);
                    var dy = Dy(y.Shape);
                    var sum = 0.0;
                    for (var k = 0; k < dy.Length; k++)
                        sum += dy[k] * y.Value(k);
                    return sum;
                }
            }
        }
    }

    /// <summary>Fails unless got is within tolerance of the largest magnitude in want, and finite where want is.</summary>
    public static void Close(double[] want, double[] got, double tolerance, string what)
    {
        Assert.Equal(want.Length, got.Length);
        var scale = want.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max() + 1e-6;
        for (var i = 0; i < want.Length; i++)
        {
            if (want[i].Equals(got[i]))
                continue;
            Assert.True(Math.Abs(want[i] - got[i]) <= tolerance * scale, $"{what}: element {i} is {got[i]:G9}, its definition {want[i]:G9} (scale {scale:G4})");
        }
    }
}
