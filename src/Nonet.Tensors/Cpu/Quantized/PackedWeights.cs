using System.Runtime.InteropServices;
using Nonet.Tensors.Memory;
using Nonet.Tensors.Quantization;

namespace Nonet.Tensors.Cpu.Quantized;

/// <summary>
/// Quantised weights (N, K) in the order in which a product reads them. They take about as much memory as the weights in the file, which products do
/// not read again.
/// </summary>
sealed unsafe class PackedWeights
{
    readonly HostStorage storage;

    PackedWeights(PanelKernels kernels, HostStorage storage) => (Kernels, this.storage) = (kernels, storage);

    public PanelKernels Kernels { get; }
    public byte* Panels => storage.Pointer;

    /// <exception cref="CorruptBlockException">A scale is not finite.</exception>
    public static PackedWeights Of(CpuDevice device, Tensor w, PanelKernels? kernels = null)
    {
        int n = w.Shape[0], k = w.Shape[1];
        kernels ??= QuantizedFormats.Of(w.DType).KernelsFor(device.VectorBits);
        var panels = (n + kernels.Rows - 1) / kernels.Rows;
        var packed = new PackedWeights(kernels, new HostStorage(panels * kernels.PanelBytes(k)));
        var handle = GCHandle.Alloc(new Source(w, kernels));
        try
        {
            device.For(panels, new TakeJob { Source = GCHandle.ToIntPtr(handle), To = packed.Panels, N = n, K = k });
        }
        catch
        {
            packed.Free();
            throw;
        }
        finally
        {
            handle.Free();
        }
        return packed;
    }

    public void Free() => storage.Free();

    /// <summary>Source of the rows. Weights in a file are read from the file, so that mapped pages do not stay in memory beside the panels.</summary>
    sealed class Source(Tensor w, PanelKernels kernels)
    {
        [ThreadStatic] static byte[]? buffer;

        public void Take(int panel, int n, int k, byte* to)
        {
            var row = w.DType.Bytes(k);
            int first = panel * kernels.Rows, count = Math.Min(kernels.Rows, n - first);
            (int Row, int Block)? bad;
            if (((HostStorage)w.Storage).Reader is { } reader)
            {
                var bytes = checked((int)(count * row));
                if (buffer is null || buffer.Length < bytes)
                    buffer = GC.AllocateUninitializedArray<byte>(bytes);
                reader(w.Offset + first * row, buffer.AsSpan(0, bytes));
                fixed (byte* rows = buffer)
                    bad = kernels.Take(rows, (nint)row, count, k, to);
            }
            else
                bad = kernels.Take(w.Bytes + first * row, (nint)row, count, k, to);
            if (bad is var (badRow, block))
                throw new CorruptBlockException(w.DType, first + badRow, block);
        }

        public long PanelBytes(int k) => kernels.PanelBytes(k);
    }

    struct TakeJob : ILaneJob
    {
        public nint Source;
        public byte* To;
        public int N, K;

        public readonly void Run<V>(int i, int worker) where V : struct, ILanes<V>
        {
            var source = (Source)GCHandle.FromIntPtr(Source).Target!;
            source.Take(i, N, K, To + i * source.PanelBytes(K));
        }
    }
}
