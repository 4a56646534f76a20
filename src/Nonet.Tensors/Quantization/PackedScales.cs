using System.Runtime.CompilerServices;

namespace Nonet.Tensors.Quantization;

/// <summary>Eight scales and eight minima of 6 bits each in 12 bytes.</summary>
static unsafe class PackedScales
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Scale, int Minimum) Read(byte* x, int j) => j < 4
        ? (x[j] & 63, x[j + 4] & 63)
        : (x[j + 4] & 15 | x[j - 4] >> 6 << 4, x[j + 4] >> 4 | x[j] >> 6 << 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Parse(byte* x, byte* scales, byte* minima)
    {
        for (var j = 0; j < 8; j++)
        {
            var (scale, minimum) = Read(x, j);
            (scales[j], minima[j]) = ((byte)scale, (byte)minimum);
        }
    }

    public static void Write(ReadOnlySpan<int> scales, ReadOnlySpan<int> minima, byte* x)
    {
        for (var j = 0; j < 4; j++)
        {
            x[j] = (byte)(scales[j] | scales[j + 4] >> 4 << 6);
            x[j + 4] = (byte)(minima[j] | minima[j + 4] >> 4 << 6);
            x[j + 8] = (byte)(scales[j + 4] & 15 | (minima[j + 4] & 15) << 4);
        }
    }

    /// <summary>
    /// Quantises 256 values in eight parts: writes d, m and the packed scales, and returns the integers in q. The weight of a value's error is the
    /// root mean square of its part plus its magnitude.
    /// </summary>
    public static void Encode(float* x, int most, ScaleSearch.Candidates candidates, byte* block, Span<int> q)
    {
        const int Parts = 8, Width = 32, MostScale = 63;
        float* weights = stackalloc float[Width], scales = stackalloc float[Parts], minima = stackalloc float[Parts];
        float mostScale = 0, mostMinimum = 0;
        for (var j = 0; j < Parts; j++)
        {
            var part = x + j * Width;
            var squares = 0f;
            for (var i = 0; i < Width; i++)
                squares += part[i] * part[i];
            var mean = MathF.Sqrt(squares / Width);
            for (var i = 0; i < Width; i++)
                weights[i] = mean + Math.Abs(part[i]);
            (scales[j], minima[j]) = ScaleSearch.WithMinimum(part, weights, Width, most, candidates, absolute: false);
            mostScale = Math.Max(mostScale, scales[j]);
            mostMinimum = Math.Max(mostMinimum, minima[j]);
        }
        Span<int> s = stackalloc int[Parts], n = stackalloc int[Parts];
        var (inverseScale, inverseMinimum) = (mostScale > 0 ? MostScale / mostScale : 0, mostMinimum > 0 ? MostScale / mostMinimum : 0);
        for (var j = 0; j < Parts; j++)
        {
            s[j] = ScaleSearch.Whole(inverseScale * scales[j], 0, MostScale);
            n[j] = ScaleSearch.Whole(inverseMinimum * minima[j], 0, MostScale);
        }
        QuantizedFormat.SetHalf(block, mostScale / MostScale);
        QuantizedFormat.SetHalf(block + 2, mostMinimum / MostScale);
        Write(s, n, block + 4);
        var (d, m) = (QuantizedFormat.Half(block), QuantizedFormat.Half(block + 2));
        for (var i = 0; i < Parts * Width; i++)
        {
            var scale = d * s[i / Width];
            q[i] = scale == 0 ? 0 : ScaleSearch.Whole((x[i] + m * n[i / Width]) / scale, 0, most);
        }
    }
}
