using Nonet.Checkpoints.Adapters;
using Nonet.Formats;
using Nonet.Tensors;
using Nonet.Tensors.Quantization;

namespace Nonet.Checkpoints.Gguf;

/// <summary>
/// Writes parameters as one tensor of a file, in the file's type and row order, some rows at a time, on several threads. It also sums the squares of
/// the rounding errors.
/// </summary>
sealed class TensorEncoder(string type, int threads, CancellationToken stopping, PeftAdapter? adapter = null)
{
    /// <summary>Number of elements that are in memory at a time, per thread.</summary>
    const int Piece = 1 << 18;

    readonly QuantizedFormat? format = QuantizedFormats.Named(type);
    readonly Lock gate = new();
    double squares, errors, changes;
    long elements;
    bool isChanged;

    public double Rmse => Math.Sqrt(errors / Math.Max(1, elements));

    public double RelativeRmse => squares == 0 ? 0 : Math.Sqrt(errors / squares);

    /// <summary>Root mean square of the adapter's change of the values; null if it changed none.</summary>
    public double? ChangeRms => isChanged ? Math.Sqrt(changes / Math.Max(1, elements)) : null;

    public void Write(Stream stream, IEnumerable<(Parameter Parameter, ForeignWeight Weight)> parts)
    {
        foreach (var (parameter, weight) in parts)
        {
            using var scope = new TensorScope();
            if (adapter?.Merged(parameter) is { } merged)
            {
                var wide = merged.Device.Empty(merged.Shape, merged.DType);
                merged.Device.Copy(parameter.Value, wide);
                changes += Ops.SumOfSquares(Ops.Add(merged, Ops.Scale(wide, -1)));
                isChanged = true;
                Write(stream, merged.Download(), weight);
            }
            else
                Write(stream, parameter.Value.Download(), weight);
        }
    }

    void Write(Stream stream, Tensor x, ForeignWeight weight)
    {
        var isPlainVector = x.Shape.Rank == 1 && weight.Interleave == 0 && weight.Deinterleave == 0;
        var (rows, width) = isPlainVector ? (1, (int)x.Elements) : (x.Shape[0], (int)(x.Elements / x.Shape[0]));
        int[] order = [.. CheckpointWeights.TheirRows(rows, weight)];
        var isAsStored = format?.Type == x.DType && !weight.IsAltered;
        var share = Math.Max(1, Piece / Math.Max(1, width));
        var rowBytes = format?.Type.Bytes(width) ?? (type == "F32" ? 4L : 2L) * width;
        var bytes = new byte[checked((int)(rowBytes * Math.Min(rows, share * threads)))];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stopping };
        for (var first = 0; first < rows; first += share * threads)
        {
            var count = Math.Min(share * threads, rows - first);
            var (start, block) = (first, bytes);
            Parallel.For(0, (count + share - 1) / share, options, piece =>
            {
                var (values, back) = (new float[width], new float[width]);
                var (sumSquares, sumErrors) = (0.0, 0.0);
                for (var i = piece * share; i < Math.Min(count, (piece + 1) * share); i++)
                {
                    var to = block.AsSpan((int)(i * rowBytes), (int)rowBytes);
                    var row = order[start + i];
                    if (isPlainVector)
                        x.Reshape(new Shape(1, width)).ReadRow(0, values);
                    else
                        x.ReadRow(row, values);
                    if (isAsStored)
                        x.RowBytes(row, 1).CopyTo(to);
                    else
                    {
                        Alter(values, weight);
                        Encode(values, to, back);
                        for (var e = 0; e < width; e++)
                            sumErrors += (back[e] - values[e]) * (double)(back[e] - values[e]);
                    }
                    foreach (var value in values)
                        sumSquares += value * (double)value;
                }
                lock (gate)
                {
                    squares += sumSquares;
                    errors += sumErrors;
                }
            });
            stream.Write(bytes, 0, checked((int)(count * rowBytes)));
        }
        elements += x.Elements;
    }

    static void Alter(Span<float> values, ForeignWeight weight)
    {
        if (!weight.IsAltered)
            return;
        var scale = weight.Scale == 0 ? 1 : weight.Scale;
        foreach (ref var value in values)
            value = (value - weight.Offset) / scale;
    }

    /// <summary>Encodes a row in the file's type. <paramref name="back"/> receives the rounded values.</summary>
    void Encode(ReadOnlySpan<float> values, Span<byte> to, Span<float> back)
    {
        if (format is not null)
        {
            format.Encode(values, to);
            format.Decode(to, back);
        }
        else
            FloatRow.Write(type, values, to, back);
    }
}
