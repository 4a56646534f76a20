using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Nonet.Tensors.Autograd;

namespace Nonet.Tensors.Cpu;

/// <summary>Settings of a <see cref="CpuDevice"/>. Results do not depend on <see cref="Threads"/>; they may depend on <see cref="VectorBits"/>.</summary>
public sealed record CpuOptions
{
    /// <summary>Number of threads of a parallel loop; default: all cores.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Width of the registers in bits: 128, 256 or 512; default: the widest that the processor has.</summary>
    public int VectorBits { get; init; } = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
}

/// <summary>The processor: F32 arithmetic over 128-, 256- or 512-bit registers on a pool of threads.</summary>
public sealed unsafe partial class CpuDevice : HostDevice, IDisposable
{
    readonly CpuOptions options;

    /// <summary>Creates a device that uses all cores and the widest registers.</summary>
    public CpuDevice() : this(new CpuOptions())
    {
    }

    /// <summary>Creates a device with the given number of threads and width of registers.</summary>
    public CpuDevice(CpuOptions options)
    {
        this.options = options;
        if (this.options.VectorBits is not (128 or 256 or 512))
            throw new ArgumentException($"VectorBits {this.options.VectorBits}; expected 128, 256 or 512", nameof(options));
        if (this.options.Threads is < 1 or > 1024)
            throw new ArgumentException($"Threads {this.options.Threads}; expected 1 to 1024", nameof(options));
        Workers = new WorkerPool(this.options.Threads);
    }

    /// <param name="threads">Number of threads of a parallel loop; null: all cores.</param>
    public CpuDevice(int? threads) : this(threads is { } n ? new CpuOptions { Threads = n } : new CpuOptions())
    {
    }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description => Threads == 1 ? "1 thread" : $"{Threads} threads";

    /// <inheritdoc/>
    public override DType Float => DType.F32;

    /// <summary>F32 for every use; keys and values may also be F16 or Q8_0.</summary>
    public override bool Supports(TensorUse use, DType type) => type == DType.F32 || (use == TensorUse.Cache && type is (DType.F16 or DType.Q8_0));

    /// <summary>Number of threads of a parallel loop.</summary>
    public int Threads => options.Threads;

    /// <summary>Width of the registers that kernels use, in bits.</summary>
    public int VectorBits => options.VectorBits;
    internal WorkerPool Workers { get; }

    /// <inheritdoc/>
    public void Dispose() => Workers.Dispose();

    /// <inheritdoc/>
    public override void Fill(Tensor x, double value)
    {
        switch (x.DType)
        {
            case DType.F32: Chunked(x.Elements, new FillJob { X = x.F32, Value = (float)value }); break;
            case DType.I32: x.AsSpan<int>().Fill((int)value); break;
            case var _ when value == 0: new Span<byte>(x.Bytes, checked((int)x.DType.Bytes(x.Elements))).Clear(); break; // zero in every type
            default:
                for (var i = 0L; i < x.Elements; i++)
                    x.SetValue(i, value);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Copy(Tensor x, Tensor y)
    {
        if (x.Elements != y.Elements)
            throw new ShapeException($"cannot copy {x.Shape} to {y.Shape}");
        Convert(x, y);
    }

    /// <inheritdoc/>
    public override void Accumulate(Tensor x, GradientTarget into)
    {
        if (!into.Wanted)
            return;
        if (!into.Add)
            Copy(x, into.Tensor);
        else
            Chunked(x.Elements, new AddJob { X = x.F32, Y = into.Tensor.F32 });
    }

    struct FillJob : IChunkJob
    {
        public float* X;
        public float Value;
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V> => new Span<float>(X + start, count).Fill(Value);
    }

    struct AddJob : IChunkJob
    {
        public float* X;
        public float* Y;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run<V>(long start, int count) where V : struct, ILanes<V>
        {
            float* x = X + start, y = Y + start;
            var i = 0;
            for (; i <= count - V.Count; i += V.Count)
                (V.Load(y + i) + V.Load(x + i)).Store(y + i);
            for (; i < count; i++)
                y[i] += x[i];
        }
    }
}
