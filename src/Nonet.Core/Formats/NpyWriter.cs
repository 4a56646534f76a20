using System.Runtime.InteropServices;
using System.Text;
using Nonet.Files;
using Nonet.Tensors;

namespace Nonet.Formats;

/// <summary>Writes NumPy's .npy format, version 1.0: float32, C order. Specification: NEP 1.</summary>
public static class NpyWriter
{
    /// <summary>Writes a tensor of any dtype as float32.</summary>
    public static void Write(string path, Tensor x)
    {
        Write(path, Array.ConvertAll(x.ToDoubles(), v => (float)v), [.. Enumerable.Range(0, x.Shape.Rank).Select(axis => x.Shape[axis])]);
    }

    /// <summary>Writes values as float32.</summary>
    /// <param name="path">The file.</param>
    /// <param name="values">Values in row-major order.</param>
    /// <param name="shape">Extents, outermost first.</param>
    public static void Write(string path, ReadOnlyMemory<float> values, params int[] shape)
    {
        if (shape.Aggregate(1L, (n, extent) => n * extent) != values.Length)
            throw new ArgumentException($"{values.Length} values for shape ({string.Join(", ", shape)})", nameof(values));
        var extents = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({extents}), }}";
        header = header.PadRight((10 + header.Length + 1 + 63) / 64 * 64 - 11) + '\n'; // the data starts on 64 bytes
        AtomicFile.Write(path, stream =>
        {
            stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
            stream.Write(Encoding.ASCII.GetBytes(header));
            const int Piece = 1 << 20;
            for (var i = 0; i < values.Length; i += Piece)
                stream.Write(MemoryMarshal.AsBytes(values.Span.Slice(i, Math.Min(Piece, values.Length - i))));
        });
    }
}
